/** All who are told how connections end, as one. Owned by the internals of a server; each leaves by the function `add` returned. */
import type { EndObserver } from '../connection/connection-context.ts'
import type { ConnectionFacts } from '../connection/facts.ts'

export class EndObservers implements EndObserver {
  // Removed by: the function returned by add().
  readonly #observers = new Set<EndObserver>()

  get size(): number {
    return this.#observers.size
  }

  add(observer: EndObserver): () => void {
    this.#observers.add(observer)
    return () => {
      this.#observers.delete(observer)
    }
  }

  connectionOnEnded(facts: ConnectionFacts): void {
    for (const observer of this.#observers) observer.connectionOnEnded(facts)
  }
}
