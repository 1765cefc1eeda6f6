/**
 * Who waits for a profile, and what makes them give up: their client leaves, or the owner ends.
 *
 * Owned by one kind of profile. Each wait takes part from `join()` to `leave()`; after `end()` whoever joins has given up already. (Not
 * `AbortSignal.any` with a signal as old as the process: it keeps a little of each that was made of it.)
 */

export interface Wait {
  readonly signal: AbortSignal
  leave(): void
}

export class GiversUp {
  // Removed by: leave() of each.
  readonly #waiting = new Set<AbortController>()
  #ended = false

  get ended(): boolean {
    return this.#ended
  }

  join(clientSignal: AbortSignal): Wait {
    const controller = new AbortController()
    const giveUp = (): void => controller.abort()
    if (this.#ended || clientSignal.aborted) giveUp()
    this.#waiting.add(controller)
    clientSignal.addEventListener('abort', giveUp, { once: true })
    return {
      signal: controller.signal,
      leave: () => {
        this.#waiting.delete(controller)
        clientSignal.removeEventListener('abort', giveUp)
      },
    }
  }

  end(): void {
    this.#ended = true
    for (const controller of this.#waiting) controller.abort()
  }
}
