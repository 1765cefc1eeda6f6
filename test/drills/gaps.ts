/** For how long the event loop of this process was stuck: the longest time between two turns of a timer. Ends with the process. */
const EVERY_MS = 2

export class Gaps {
  #last = 0
  #worst = 0

  begin(): void {
    this.#last = performance.now()
    setInterval(() => this.#look(), EVERY_MS).unref()
  }

  /** Milliseconds, since the last time this was asked. */
  take(): number {
    this.#look()
    const worst = this.#worst
    this.#worst = 0
    return worst
  }

  #look(): void {
    const now = performance.now()
    this.#worst = Math.max(this.#worst, now - this.#last - EVERY_MS)
    this.#last = now
  }
}
