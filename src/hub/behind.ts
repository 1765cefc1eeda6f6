/**
 * Connections that have come from another worker, which may have brought them messages that are still on their way to this
 * one: what they have had there is left out here.
 *
 * Owned by the hub. A connection stays until this worker is known to have got everything that was published before it came, or until
 * it is forgotten; asking the others goes on until then.
 */
import type { Origin } from './outward.ts'

export interface BehindInit {
  /** Has whoever has these marks had this message? */
  isPast(marks: unknown, origin: Origin): boolean
  /** Resolves when what others had published before has come here: true; or when it may still come: false. Does not reject. */
  caughtUp(): Promise<boolean>
}

export class Behind<Who extends object> {
  readonly #init: BehindInit
  // Removed by: #catchUp(), forget().
  readonly #marks = new Map<Who, unknown>()
  #catching = false

  constructor(init: BehindInit) {
    this.#init = init
  }

  get size(): number {
    return this.#marks.size
  }

  /** It has come, having had what these marks say. */
  add(who: Who, marks: unknown): void {
    if (marks === null) return
    this.#marks.set(who, marks)
    if (!this.#catching) void this.#catchUp()
  }

  forget(who: Who): void {
    this.#marks.delete(who)
  }

  /** Those who have not had it yet. */
  *without(all: Iterable<Who>, origin: Origin): IterableIterator<Who> {
    for (const who of all) {
      const marks = this.#marks.get(who)
      if (marks === undefined || !this.#init.isPast(marks, origin)) yield who
    }
  }

  async #catchUp(): Promise<void> {
    this.#catching = true
    while (this.#marks.size > 0) {
      const those = [...this.#marks.keys()]
      if (await this.#init.caughtUp()) for (const who of those) this.#marks.delete(who)
    }
    this.#catching = false
  }
}
