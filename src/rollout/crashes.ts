/**
 * When to start a worker again that has crashed: after a pause that doubles each time, with jitter; and when not: too many
 * crashes of one version within a short time are a loop, and it will not get better.
 *
 * One for each slot. Pure but for what it remembers; nothing to end.
 */

const PAUSE_MS_MIN = 100
const PAUSE_MS_MAX = 15_000
/** Whoever ran for so long is not part of a loop. */
const STEADY_MS = 60_000
const LOOP_CRASHES = 5

export class Crashes {
  readonly #random: () => number
  #generation = 0
  #inARow = 0
  /** In all, of all versions. */
  count = 0

  /** @param random from 0 to below 1 */
  constructor(random: () => number) {
    this.#random = random
  }

  /** It has crashed. @returns how long to wait before the next start, or null: a loop */
  crashed(generation: number, ranMs: number): number | null {
    this.count++
    if (generation !== this.#generation || ranMs >= STEADY_MS) this.#inARow = 0
    this.#generation = generation
    this.#inARow++
    if (this.#inARow >= LOOP_CRASHES) return null
    const pauseMs = Math.min(PAUSE_MS_MIN * 2 ** (this.#inARow - 1), PAUSE_MS_MAX)
    return Math.round(pauseMs * (0.5 + this.#random() / 2))
  }
}
