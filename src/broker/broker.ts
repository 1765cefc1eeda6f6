/**
 * The port of a broker: what carries messages between the processes of a service. Types only.
 *
 * A server has one of them at most, or none. The hub of a process delivers to the connections it has; the broker
 * brings what was published here to the others, and what they published to us. Whatever keeps these promises can stand
 * behind it; `test/support/broker-contract.ts` checks them and runs against each broker there is.
 *
 * What a broker promises:
 *
 * - **At most once.** A message may be lost (a process dies, a link is cut, somebody joins at that very moment). It never
 *   comes twice and is never delivered to the process that published it.
 * - **In the order of each worker.** What one worker publishes comes in that order, whatever it is published to. Between
 *   two workers there is no order, unless one of them waited with `sync()`.
 * - **Numbered per worker and topic.** 1 more each time, so that whoever receives a topic sees a gap or a repeat. A repeat is
 *   left out, a gap is counted and announced.
 * - **Synchronous delivery.** The listener is called for one message after the other, and when it returns, the message has
 *   been delivered. The numbers of `marks()` are those of messages that have been delivered.
 * - **Bounded.** What waits for a worker that does not read has a bound. What happens at the bound is counted and announced.
 *   Nothing waits here for a receiver: a publish never blocks and never fails because of others.
 *
 * Ends with `end()`, called by whoever made it, after the server has closed.
 */
import type { Topic } from '../connection/topic.ts'

/** A message as it comes from another worker. */
export interface BrokerMessage {
  /** The name of the worker that published it. */
  readonly from: string
  readonly topic: Topic
  /** Of this worker in this topic; greater than that of any message of both before it. */
  readonly number: number
  /** 1 for text, 2 for binary (RFC 6455 section 11.8). */
  readonly opcode: number
  /** UTF-8 for text. Only lent: whoever keeps it beyond the call copies it. */
  readonly payload: Uint8Array
}

/**
 * What has been delivered in some topics: for each topic the number of the last message of each worker. It is a plain object
 * so that it can travel. A topic without messages has an empty entry; a topic that is not asked for has none.
 */
export type Marks = Readonly<Record<string, Readonly<Record<string, number>>>>

export interface Broker {
  /** The name of this worker. No other worker has it, nor has any had it before, as long as `marks()` may be under way. */
  readonly name: string

  /**
   * Publishes to all other workers where somebody is interested. The caller delivers to its own connections: after this
   * call and before the next, so that both go the same order.
   *
   * @param opcode 1 for text, 2 for binary
   * @param payload must not be changed any more
   * @returns the number of the message; 0 when nobody is interested, here or elsewhere
   * @throws HoldfastError HF_SEND_TOO_LONG when the payload has more than `payloadBytesMax` bytes
   */
  publish(topic: Topic, opcode: number, payload: Uint8Array): number

  /** The longest payload it carries, in bytes. */
  readonly payloadBytesMax: number

  /**
   * Somebody here wants what is published to this topic; not called for `all`, which everybody gets. Calls of one
   * turn of the event loop may be told to the others together.
   *
   * The others learn it some time later. What they publish before that does not come: to join is at most once, and
   * begins when the news has arrived. Who must be sure waits for `sync()`: it tells the others first.
   */
  topicCame(topic: Topic): void

  /** Nobody here wants it any more. What still comes of it is left out. */
  topicWent(topic: Topic): void

  /** Sets who gets what the others publish. There is one listener; it does not throw. */
  onMessage(listener: (message: BrokerMessage) => void): void

  /**
   * What has been delivered here in these topics: the messages of the others that came, and our own. Only topics that somebody
   * here wants have numbers.
   */
  marks(topics: Iterable<Topic>): Marks

  /**
   * Resolves when each other worker has delivered everything we had published before the call and has heard of every
   * `topicCame` before it, and when everything it published before it answered has been delivered here.
   *
   * A worker that is gone, or goes meanwhile, is not waited for.
   *
   * A move of a connection from one worker to another needs it: in the new worker, once it has said what the connection gets
   * (or something published now might reach neither); in the old worker, once the connection is not read any more (or its
   * last words might come behind its next ones, and the marks might lag behind what the new worker keeps); and in the new
   * worker again, before it may forget the marks of the connection (what the old one has delivered may be on its way still).
   *
   * @throws HoldfastError HF_SYNC_OVERDUE when a worker has not answered within `withinMs`, HF_ENDED after `end()`
   */
  sync(withinMs: number): Promise<void>

  /** Ends it: nothing is published or delivered any more, waiting `sync()` calls reject. */
  end(): void
}

/** Has a message with this number been delivered already to whoever travels with `marks`? Then it must not get it again. */
export function isPastMark(marks: Marks, message: Pick<BrokerMessage, 'from' | 'topic' | 'number'>): boolean {
  return message.number <= (marks[message.topic]?.[message.from] ?? -1)
}
