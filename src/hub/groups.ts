/**
 * Connections by a name that several of them share: the rooms of a hub, and its users.
 *
 * A group exists only while somebody is in it. Owned by the hub; empty when all connections have left.
 */
import type { Connection } from '../connection/connection.ts'
import type { Life } from '../connection/life.ts'
import type { Message } from '../connection/message-bytes.ts'
import { SharedMessage } from '../connection/shared-message.ts'
import type { Topic } from '../connection/topic.ts'
import { deliver, exceptOf, type PublishOptions } from './deliver.ts'
import type { Outward } from './outward.ts'

const NOBODY: ReadonlySet<Life> = new Set()

export class Groups {
  // Removed by: remove(), when the last member goes.
  readonly #members = new Map<string, Set<Life>>()
  readonly #topicOf: (name: string) => Topic
  readonly #outward: Outward

  constructor(topicOf: (name: string) => Topic, outward: Outward) {
    this.#topicOf = topicOf
    this.#outward = outward
  }

  /** How many groups have members. */
  get count(): number {
    return this.#members.size
  }

  /** Who is in it now. The set is live; it is nobody's any more once it has become empty. */
  of(name: string): ReadonlySet<Life> {
    return this.#members.get(name) ?? NOBODY
  }

  /** False when it is in it already. */
  add(name: string, life: Life): boolean {
    let members = this.#members.get(name)
    if (members === undefined) {
      members = new Set()
      this.#members.set(name, members)
      if (this.#outward.connected) this.#outward.came(this.#topicOf(name))
    } else if (members.has(life)) return false
    members.add(life)
    return true
  }

  /** False when it is not in it. */
  remove(name: string, life: Life): boolean {
    const members = this.#members.get(name)
    if (members === undefined || !members.delete(life)) return false
    if (members.size > 0) return true
    this.#members.delete(name)
    if (this.#outward.connected) this.#outward.went(this.#topicOf(name))
    return true
  }

  /** Sends to all in it, here and elsewhere; returns how many here it was accepted for. */
  publish(name: string, message: Message, options: PublishOptions | undefined, method: string): number {
    const except = exceptOf(options, method)
    const shared = new SharedMessage(message, method)
    if (this.#outward.busy) this.#outward.tell(this.#topicOf(name), shared, options?.except ?? null)
    return deliver(this.of(name), shared, except)
  }

  /** The topics of those that have members. */
  *topics(): IterableIterator<Topic> {
    for (const name of this.#members.keys()) yield this.#topicOf(name)
  }

  /** Who is in it when the iteration begins, without a copy: who leaves meanwhile is not met any more. */
  connectionsOf(name: string): Iterable<Connection> {
    return { [Symbol.iterator]: () => connections(this.of(name)) }
  }
}

function* connections(lives: Iterable<Life>): IterableIterator<Connection> {
  for (const life of lives) yield life.connection
}
