/**
 * All who observe one thing in a server, as one: who is told how connections end, and who is told of work. Owned by the internals of
 * the server; each observer leaves by the function `add` returned.
 */
import type { Held } from '../base/scope-context.ts'
import type { EndObserver, WorkObserver } from '../connection/connection-context.ts'
import type { ConnectionFacts } from '../connection/facts.ts'
import type { Turn } from '../connection/turn.ts'

class Observers<One> {
  // Removed by: the function returned by add(). Bounded by the admin ports and what traces.
  protected readonly all = new Set<One>()

  /** @param use gets this while there is any, and null when there is none left */
  add(observer: One, use: (observers: this | null) => void): () => void {
    this.all.add(observer)
    use(this)
    return () => {
      this.all.delete(observer)
      if (this.all.size === 0) use(null)
    }
  }
}

export class EndObservers extends Observers<EndObserver> implements EndObserver {
  connectionOnEnded(facts: ConnectionFacts): void {
    for (const observer of this.all) observer.connectionOnEnded(facts)
  }
}

export class WorkObservers extends Observers<WorkObserver> implements WorkObserver {
  scopeOnAdded(label: string, kind: Held['kind'], name: string): void {
    for (const observer of this.all) observer.scopeOnAdded(label, kind, name)
  }

  taskOnStarted(label: string, name: string, promise: Promise<unknown>): void {
    for (const observer of this.all) observer.taskOnStarted(label, name, promise)
  }

  taskOnSettled(promise: Promise<unknown>): void {
    for (const observer of this.all) observer.taskOnSettled(promise)
  }

  handlerOnLeft(route: string, handler: string, turn: Turn): void {
    for (const observer of this.all) observer.handlerOnLeft(route, handler, turn)
  }

  handlerOnDone(turn: Turn): void {
    for (const observer of this.all) observer.handlerOnDone(turn)
  }
}
