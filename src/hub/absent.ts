/**
 * Connections that are not here: on their way to this process, or on their way from it and perhaps back. What is published for
 * them meanwhile is kept, each up to a bound, so that they miss nothing.
 *
 * Owned by the hub. Each ends with `take`, by whoever has it expected: when it is here, when it is gone, or when it is late.
 */
import type { Connection } from '../connection/connection.ts'
import type { SharedMessage } from '../connection/shared-message.ts'
import type { Topic } from '../connection/topic.ts'
import type { Origin, Outward, Placeholder } from './outward.ts'

/** What keeping a message costs beside its bytes, about. */
const ENTRY_BYTES = 128

interface KeptMessage {
  readonly message: SharedMessage
  readonly origin: Origin
}

/** What is kept for one connection. */
export class Kept implements Placeholder {
  readonly id: string
  /** It is more than may be kept: what came after that is lost, so it must not be used. */
  isOver = false
  // Bounded: by its own bytes, then nothing more comes in. Topics by the rooms of a connection.
  readonly topics = new Set<Topic>()
  readonly messages: KeptMessage[] = []
  readonly #bytesMax: number
  #bytes = 0

  constructor(id: string, bytesMax: number) {
    this.id = id
    this.#bytesMax = bytesMax
  }

  collect(message: SharedMessage, origin: Origin, except: Connection | null): void {
    if (except?.id === this.id || this.isOver) return
    this.#bytes += message.frame.length + ENTRY_BYTES
    if (this.#bytes > this.#bytesMax) {
      this.isOver = true
      this.messages.length = 0
    } else this.messages.push({ message, origin })
  }
}

export class Absent {
  // Removed by: take().
  readonly #kept = new Map<string, Kept>()
  readonly #outward: Outward

  constructor(outward: Outward) {
    this.#outward = outward
  }

  /** How many are expected. */
  get size(): number {
    return this.#kept.size
  }

  of(id: string): Kept | undefined {
    return this.#kept.get(id)
  }

  /** From now on what is published to these topics is kept for it, beside those of an earlier call. */
  expect(id: string, topics: Iterable<Topic>, bytesMax: number): void {
    let kept = this.#kept.get(id)
    if (kept === undefined) {
      kept = new Kept(id, bytesMax)
      this.#kept.set(id, kept)
    }
    for (const topic of topics) {
      kept.topics.add(topic)
      this.#outward.expect(topic, kept)
    }
  }

  /** Nothing more is kept for it; null when it was not expected. */
  take(id: string): Kept | null {
    const kept = this.#kept.get(id)
    if (kept === undefined) return null
    this.#kept.delete(id)
    for (const topic of kept.topics) this.#outward.forget(topic, kept)
    return kept
  }
}
