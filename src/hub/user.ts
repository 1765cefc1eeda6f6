/**
 * A user: all connections for which the handler `user` of their route gave the same key, the tabs and devices of one
 * person, say. Like a room it is a name and a way to find who is there now: keeping one keeps nothing alive, and there is
 * nothing to end.
 */
import type { Connection } from '../connection/connection.ts'
import type { Message } from '../connection/message-bytes.ts'
import type { PublishOptions } from './deliver.ts'
import type { Groups } from './groups.ts'

export class User {
  /** What the handler `user` gave. */
  readonly key: string
  readonly #users: Groups

  /** @internal */
  constructor(key: string, users: Groups) {
    this.key = key
    this.#users = users
  }

  /** How many connections the user has in this process, those at other workers left out: 0 when there is none, and as soon as the last of them begins to end. */
  get size(): number {
    return this.#users.of(this.key).size
  }

  /** The connections of the user in this process now. Iterating makes no copy; connections may end meanwhile. */
  get connections(): Iterable<Connection> {
    return this.#users.connectionsOf(this.key)
  }

  /**
   * Sends to all connections of the user; framed once, the bytes are shared. With several workers it goes to those in all of
   * them, as a message to a room does.
   *
   * @param message text, or bytes that must not be changed until they are sent
   * @returns how many here it was accepted for; those of other workers are not counted
   * @throws HoldfastError HF_SEND_TYPE
   */
  send(message: Message, options?: PublishOptions): number {
    return this.#users.publish(this.key, message, options, 'send()')
  }
}
