/** All who are told of work, as one. Owned by the internals of a server; each leaves by the function `add` returned. */
import type { Held } from '../base/scope-context.ts'
import type { WorkObserver } from '../connection/connection-context.ts'
import type { Turn } from '../connection/turn.ts'

export class WorkObservers implements WorkObserver {
  // Removed by: the function returned by add(). Bounded by the admin ports.
  readonly #observers = new Set<WorkObserver>()

  get size(): number {
    return this.#observers.size
  }

  add(observer: WorkObserver): () => void {
    this.#observers.add(observer)
    return () => {
      this.#observers.delete(observer)
    }
  }

  scopeOnAdded(label: string, kind: Held['kind'], name: string): void {
    for (const observer of this.#observers) observer.scopeOnAdded(label, kind, name)
  }

  taskOnStarted(label: string, name: string, promise: Promise<unknown>): void {
    for (const observer of this.#observers) observer.taskOnStarted(label, name, promise)
  }

  taskOnSettled(promise: Promise<unknown>): void {
    for (const observer of this.#observers) observer.taskOnSettled(promise)
  }

  handlerOnLeft(route: string, handler: string, turn: Turn): void {
    for (const observer of this.#observers) observer.handlerOnLeft(route, handler, turn)
  }

  handlerOnDone(turn: Turn): void {
    for (const observer of this.#observers) observer.handlerOnDone(turn)
  }
}
