/**
 * What a publish reaches besides the connections that are here: the other workers, and placeholders of connections that are on
 * their way to this one (or have just left it and may come back).
 *
 * Without either, all it costs is to ask `busy`. Owned by the hub. A placeholder ends with `forget`; the way to the others is
 * there until the server has closed, and is ended by whoever made it.
 */
import type { Connection } from '../connection/connection.ts'
import type { SharedMessage } from '../connection/shared-message.ts'
import type { Topic } from '../connection/topic.ts'

/** Where a message comes from: for whoever must know whether it has been delivered already (broker/broker.ts, `isPastMark`). */
export interface Origin {
  /** The worker that published it; the empty string when there are no others. */
  readonly from: string
  readonly topic: Topic
  /** Of this worker in this topic; 0 when there are no others. */
  readonly number: number
}

/** Stands for a connection that is not here yet. */
export interface Placeholder {
  /**
   * Keeps a message that a connection would have got. Called in the order in which members that are here get theirs.
   * It has to have a bound of its own.
   *
   * @param except who does not get it, when the publisher said so
   */
  collect(message: SharedMessage, origin: Origin, except: Connection | null): void
}

/** The other workers, as far as the hub needs to know: server/broker-tie.ts. */
export interface Elsewhere {
  /** Of this worker. */
  readonly name: string
  /** Returns the number of the message. @throws HoldfastError HF_SEND_TOO_LONG */
  publish(topic: Topic, message: SharedMessage): number
  /** What has been delivered here in these topics, as a plain value that travels with a connection. */
  marks(topics: Iterable<Topic>): unknown
  /** Has whoever travels with these marks had this message? */
  isPast(marks: unknown, origin: Origin): boolean
  /** Resolves when what others had published before has been delivered here: true; or when it may still come: false. */
  caughtUp(): Promise<boolean>
  /** Somebody here wants what is published to this topic; nobody does any more. */
  topicCame(topic: Topic): void
  topicWent(topic: Topic): void
}

export class Outward {
  /** Is there anything besides the connections that are here? */
  busy = false
  #elsewhere: Elsewhere | null = null
  // Removed by: forget().
  readonly #placeholders = new Map<Topic, Set<Placeholder>>()
  readonly #isHere: (topic: Topic) => boolean

  /** @param isHere has this topic connections here? */
  constructor(isHere: (topic: Topic) => boolean) {
    this.#isHere = isHere
  }

  get connected(): boolean {
    return this.#elsewhere !== null
  }

  /** From now on others get what is published here. @param topics those that have connections here */
  connect(elsewhere: Elsewhere, topics: Iterable<Topic>): void {
    this.#elsewhere = elsewhere
    this.busy = true
    for (const topic of topics) elsewhere.topicCame(topic)
    for (const topic of this.#placeholders.keys()) elsewhere.topicCame(topic)
  }

  /** A message is published here. To the others first: what a member's own code publishes in answer comes behind it there too. */
  tell(topic: Topic, message: SharedMessage, except: Connection | null): void {
    const elsewhere = this.#elsewhere
    const number = elsewhere === null ? 0 : elsewhere.publish(topic, message)
    this.arrived({ from: elsewhere?.name ?? '', topic, number }, message, except)
  }

  /** A message is about to be delivered here. */
  arrived(origin: Origin, message: SharedMessage, except: Connection | null): void {
    const placeholders = this.#placeholders.get(origin.topic)
    if (placeholders === undefined) return
    for (const placeholder of placeholders) placeholder.collect(message, origin, except)
  }

  /** See Elsewhere; null when there are no others. */
  marks(topics: Iterable<Topic>): unknown {
    return this.#elsewhere?.marks(topics) ?? null
  }

  isPast(marks: unknown, origin: Origin): boolean {
    return marks !== null && this.#elsewhere?.isPast(marks, origin) === true
  }

  /** See Elsewhere. */
  caughtUp(): Promise<boolean> {
    return this.#elsewhere?.caughtUp() ?? Promise.resolve(true)
  }

  /** A topic has its first connection here. */
  came(topic: Topic): void {
    this.#elsewhere?.topicCame(topic)
  }

  /** A topic has lost its last connection here. */
  went(topic: Topic): void {
    if (!this.#placeholders.has(topic)) this.#elsewhere?.topicWent(topic)
  }

  expect(topic: Topic, placeholder: Placeholder): void {
    let placeholders = this.#placeholders.get(topic)
    if (placeholders === undefined) {
      placeholders = new Set()
      this.#placeholders.set(topic, placeholders)
      this.came(topic)
    }
    placeholders.add(placeholder)
    this.busy = true
  }

  forget(topic: Topic, placeholder: Placeholder): void {
    const placeholders = this.#placeholders.get(topic)
    if (placeholders === undefined || !placeholders.delete(placeholder) || placeholders.size > 0) return
    this.#placeholders.delete(topic)
    this.busy = this.connected || this.#placeholders.size > 0
    if (!this.#isHere(topic)) this.went(topic)
  }
}
