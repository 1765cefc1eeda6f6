/**
 * The hub: all connections of one server, by id, and its rooms.
 *
 * A connection is in the registry from its 101 until it is closed, and in a room from `join` until `leave` or the
 * beginning of its end. A room exists only while somebody is in it. Owned by the server; empty when all have closed.
 */
import { type Connection, lifeOf } from '../connection/connection.ts'
import type { Room, RoomsPort } from '../connection/connection-context.ts'
import type { Life } from '../connection/life.ts'
import type { Message } from '../connection/message-bytes.ts'
import { sendShared } from '../connection/sending.ts'
import { SharedMessage } from '../connection/shared-message.ts'

export interface PublishOptions {
  /** This one does not get it. */
  readonly except?: Connection
}

export class Hub implements RoomsPort {
  // Removed by: remove(), the last step of the ending chain.
  readonly #lives = new Map<string, Life>()
  // Removed by: leave() and leaveAll(), when the last member has gone.
  readonly #rooms = new Map<string, Set<Life>>()
  readonly #onRemoved: (life: Life) => void

  /** @param onRemoved told whenever a connection has been removed */
  constructor(onRemoved: (life: Life) => void) {
    this.#onRemoved = onRemoved
  }

  get size(): number {
    return this.#lives.size
  }

  /** How many rooms have members. */
  get roomCount(): number {
    return this.#rooms.size
  }

  add(life: Life): void {
    this.#lives.set(life.connection.id, life)
  }

  remove(life: Life): void {
    this.leaveAll(life)
    this.#lives.delete(life.connection.id)
    this.#onRemoved(life)
  }

  connection(id: string): Connection | undefined {
    return this.#lives.get(id)?.connection
  }

  /** All connections that are not closed; no copy is made. */
  *connections(): IterableIterator<Connection> {
    for (const life of this.#lives.values()) yield life.connection
  }

  lives(): IterableIterator<Life> {
    return this.#lives.values()
  }

  join(life: Life, room: string): boolean {
    const { name } = life.state
    if (name !== 'open' && name !== 'draining') return false
    let members = this.#rooms.get(room)
    if (members === undefined) {
      members = new Set()
      this.#rooms.set(room, members)
    } else if (members.has(life)) return false
    members.add(life)
    life.rooms ??= new Set()
    life.rooms.add(room)
    return true
  }

  leave(life: Life, room: string): boolean {
    life.rooms?.delete(room)
    return this.#leave(life, room)
  }

  /** Takes it out of all rooms; it still knows their names, for its `close` hook. */
  leaveAll(life: Life): void {
    if (life.rooms === null) return
    for (const room of life.rooms) this.#leave(life, room)
  }

  room(name: string): Room {
    return new HubRoom(name, this.#rooms)
  }

  /** Sends to all connections; returns how many it was accepted for. */
  publish(message: Message, options?: PublishOptions): number {
    return deliver(this.#lives.values(), message, options)
  }

  #leave(life: Life, room: string): boolean {
    const members = this.#rooms.get(room)
    if (members === undefined || !members.delete(life)) return false
    if (members.size === 0) this.#rooms.delete(room)
    return true
  }
}

/** A name and a way to find who is in it now; holds no members itself, so keeping one keeps nothing alive. */
class HubRoom implements Room {
  readonly name: string
  readonly #rooms: ReadonlyMap<string, ReadonlySet<Life>>

  constructor(name: string, rooms: ReadonlyMap<string, ReadonlySet<Life>>) {
    this.name = name
    this.#rooms = rooms
  }

  get size(): number {
    return this.#rooms.get(this.name)?.size ?? 0
  }

  publish(message: Message, options?: PublishOptions): number {
    const members = this.#rooms.get(this.name)
    return deliver(members ?? [], message, options)
  }
}

function deliver(lives: Iterable<Life>, message: Message, options: PublishOptions | undefined): number {
  const shared = new SharedMessage(message, 'publish()')
  const except = options?.except == null ? null : lifeOf(options.except)
  let accepted = 0
  for (const life of lives) {
    if (life === except) continue
    const result = sendShared(life, shared)
    if (result === 'sent' || result === 'queued') accepted++
  }
  return accepted
}
