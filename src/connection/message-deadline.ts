/**
 * The deadline of a message that has begun to come and is not complete: `messageTimeoutMs` from its first byte.
 * Owned by its connection, made for the first message that does not come in one piece; ends when the wheel cancels it.
 */
import { Deadline } from '../base/wheel.ts'
import { ENDINGS } from '../protocol/ending.ts'
import type { Life } from './life.ts'

export class MessageDeadline extends Deadline {
  readonly #life: Life
  #number = -1

  constructor(life: Life) {
    super()
    this.#life = life
  }

  /** The message with this number is unfinished; the deadline runs from the first call for it. */
  expect(number: number): void {
    if (this.armed && this.#number === number) return
    this.#number = number
    this.#life.context.wheel.arm(this, this.#life.options.messageTimeoutMs)
  }

  deadlineOnDue(): void {
    this.#life.end(ENDINGS.messageTimeout)
  }
}
