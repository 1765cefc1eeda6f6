/**
 * What a connection holds of messages that are not handled yet: its share of inboxBytesMax, and the deadline of an
 * unfinished one. Owned by the connection; ends when the connection begins to end: then it holds nothing.
 */
import { ENDINGS } from '../protocol/ending.ts'
import type { Life } from './life.ts'
import { MessageDeadline } from './message-deadline.ts'

export class HeldBytes {
  readonly #life: Life
  #messageDeadline: MessageDeadline | null = null
  #bytes = 0

  constructor(life: Life) {
    this.#life = life
  }

  /** For how long a message has been coming that is not whole, in milliseconds; 0 when there is none. */
  get messageMs(): number {
    return this.#messageDeadline?.passedMs ?? 0
  }

  /** The message that is not whole has been coming for so long already. */
  messageSince(passedMs: number): void {
    if (this.#life.reader.unfinished) this.#messageDeadline?.since(passedMs)
  }

  /** Bytes were read: looks at what is held only when there is, or was, something. */
  read(): void {
    const { reader, inbox } = this.#life
    const waits = this.#bytes !== 0 || reader.paused || inbox.bytes !== 0
    if (waits || reader.unfinished || this.#messageDeadline !== null) this.track()
  }

  /** Keeps the process-wide budget of unfinished and waiting messages, and the deadline of an unfinished one. */
  track(): void {
    const { state, reader, inbox, context } = this.#life
    const ending = state.name === 'closing' || state.name === 'closed'
    const bytes = ending ? 0 : reader.heldBytes + inbox.bytes
    const grown = bytes - this.#bytes
    this.#bytes = bytes
    context.inboxBudget.add(grown)
    if (reader.unfinished && !ending && !reader.paused) {
      this.#messageDeadline ??= new MessageDeadline(this.#life)
      this.#messageDeadline.expect(reader.messages)
    } else this.#messageDeadline?.cancel()
    if (grown > 0 && context.inboxBudget.spent) this.#life.end(ENDINGS.inboxFull)
  }
}
