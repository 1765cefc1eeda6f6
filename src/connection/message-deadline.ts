/**
 * The deadline of a message that has begun to come and is not complete: `messageTimeoutMs` from its first byte.
 * Owned by its connection, made for the first message that does not come in one piece; ends when the wheel cancels it.
 */
import { Deadline, type DeadlineOwner } from '../base/wheel.ts'
import { ENDINGS } from '../protocol/ending.ts'
import type { Life } from './life.ts'

export class MessageDeadline implements DeadlineOwner {
  readonly #life: Life
  readonly #deadline: Deadline = new Deadline(this)
  #number = -1

  constructor(life: Life) {
    this.#life = life
  }

  /** The message with this number is unfinished; the deadline runs from the first call for it. */
  expect(number: number): void {
    if (this.#deadline.armed && this.#number === number) return
    this.#number = number
    this.#life.context.wheel.arm(this.#deadline, this.#life.options.messageTimeoutMs)
  }

  /** For how long it has run, in milliseconds; 0 when it does not. */
  get passedMs(): number {
    const { context, options } = this.#life
    return this.#deadline.armed ? Math.max(0, options.messageTimeoutMs - (this.#deadline.dueAt - context.wheel.now)) : 0
  }

  /** It runs, and has run for so long already. */
  since(passedMs: number): void {
    const { context, options } = this.#life
    if (this.#deadline.armed) context.wheel.arm(this.#deadline, options.messageTimeoutMs - passedMs)
  }

  cancel(): void {
    this.#life.context.wheel.cancel(this.#deadline)
  }

  deadlineOnDue(): void {
    this.#life.end(ENDINGS.messageTimeout)
  }
}
