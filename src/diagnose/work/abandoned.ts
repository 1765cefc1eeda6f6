/**
 * What was collected while it was pending: a task, or a handler that outlived its connection, that waits for something that can
 * never come. Sound: whoever could still go on with it would have kept it.
 *
 * Owned by the work report. Holds what is watched weakly; an entry goes when what it watches settles or is collected. Ends with
 * `end()`: then nothing is told any more.
 */
export interface AbandonedOwner {
  /** @param note what it was watched with */
  abandonedOnFound(note: string): void
}

export class Abandoned {
  readonly #registry: FinalizationRegistry<string>
  #owner: AbandonedOwner | null

  constructor(owner: AbandonedOwner) {
    this.#owner = owner
    this.#registry = new FinalizationRegistry((note) => this.#owner?.abandonedOnFound(note))
  }

  watch(pending: object, note: string): void {
    this.#registry.register(pending, note, pending)
  }

  settled(pending: object): void {
    this.#registry.unregister(pending)
  }

  end(): void {
    this.#owner = null
  }
}
