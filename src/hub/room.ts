/**
 * What users hold of a room: a name and a way to find who is in it now. It holds no members itself, so keeping one keeps
 * nothing alive, and there is nothing to end.
 */
import type { Connection } from '../connection/connection.ts'
import type { Presence, Room } from '../connection/connection-context.ts'
import type { Message } from '../connection/message-bytes.ts'
import type { PublishOptions } from './deliver.ts'
import type { Groups } from './groups.ts'
import { presenceOf } from './presence.ts'

export class HubRoom implements Room {
  readonly name: string
  readonly #rooms: Groups

  constructor(name: string, rooms: Groups) {
    this.name = name
    this.#rooms = rooms
  }

  get size(): number {
    return this.#rooms.of(this.name).size
  }

  get members(): Iterable<Connection> {
    return this.#rooms.connectionsOf(this.name)
  }

  presence(): Presence[] {
    return presenceOf(this.#rooms.of(this.name))
  }

  publish(message: Message, options?: PublishOptions): number {
    return this.#rooms.publish(this.name, message, options, 'publish()')
  }
}
