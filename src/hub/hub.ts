/**
 * The hub: all connections of one server, by id, its rooms and its users.
 *
 * A connection is in the registry from its 101 until it is closed, in a room from `join` until `leave` or the beginning of
 * its end, and among those of its user from `open` until the beginning of its end. A room exists only while somebody is in
 * it, and so does a user. Owned by the server; empty when all have closed.
 */
import { wrongArgument } from '../base/options.ts'
import type { Connection } from '../connection/connection.ts'
import type { Room, RoomsPort } from '../connection/connection-context.ts'
import type { Life } from '../connection/life.ts'
import type { Message } from '../connection/message-bytes.ts'
import { sendShared } from '../connection/sending.ts'
import { SharedMessage } from '../connection/shared-message.ts'
import { ALL, isUserTopic, nameOf, roomTopic, type Topic, topicsOf, userTopic } from '../connection/topic.ts'
import { ENDINGS } from '../protocol/ending.ts'
import { Absent } from './absent.ts'
import { Behind } from './behind.ts'
import { deliver, exceptOf, type PublishOptions } from './deliver.ts'
import { Groups } from './groups.ts'
import { type Elsewhere, type Origin, Outward } from './outward.ts'
import { HubRoom } from './room.ts'
import { User } from './user.ts'

export class Hub implements RoomsPort {
  // Removed by: remove(), the last step of the ending chain.
  readonly #lives = new Map<string, Life>()
  readonly #outward = new Outward((topic) => this.#groupsOf(topic).of(nameOf(topic)).size > 0)
  readonly #rooms = new Groups(roomTopic, this.#outward)
  readonly #users = new Groups(userTopic, this.#outward)
  /** What is kept for connections that are on their way. */
  readonly absent = new Absent(this.#outward)
  /** Those that have come lately, and may have had what still comes. */
  readonly #behind = new Behind<Life>(this.#outward)
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
    return this.#rooms.count
  }

  /** How many users have connections. */
  get userCount(): number {
    return this.#users.count
  }

  add(life: Life): void {
    this.#lives.set(life.connection.id, life)
  }

  remove(life: Life): void {
    this.leaveAll(life)
    // It may have moved there and back again by now.
    if (this.#lives.get(life.connection.id) === life) this.#lives.delete(life.connection.id)
    this.#behind.forget(life)
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
    if (!canJoin(life)) return false
    if (life.rooms?.has(room) === true) return false
    if (life.rooms !== null && life.rooms.size >= life.options.roomsMax) {
      if (life.context.limitOnReached('roomsMax', life.connection, life.route.path)) return false
      // Whoever was told may have ended it.
      if (!canJoin(life)) return false
    }
    life.rooms ??= new Set()
    life.rooms.add(room)
    return this.#rooms.add(room, life)
  }

  leave(life: Life, room: string): boolean {
    if (life.rooms?.delete(room) === true && life.rooms.size === 0) life.rooms = null
    return this.#rooms.remove(room, life)
  }

  /** It is of the user with this key from now on, if it is not ending. Asked for once in its life. */
  nameUser(life: Life, key: string): void {
    if (!canJoin(life)) return
    life.user = key
    this.#users.add(key, life)
  }

  /** Takes it out of all rooms and from its user; it still knows their names, for its `close` hook. */
  leaveAll(life: Life): void {
    if (life.user !== null) this.#users.remove(life.user, life)
    if (life.rooms === null) return
    for (const room of life.rooms) this.#rooms.remove(room, life)
  }

  depart(life: Life): unknown {
    const topics = topicsOf(life.rooms ?? [], life.user)
    const marks = this.#outward.marks(topics)
    // First expected, then left: the others must not hear that nobody here wants it.
    this.absent.expect(life.connection.id, topics, life.options.outboxBytesMax)
    this.leaveAll(life)
    return marks
  }

  departed(life: Life): void {
    this.absent.take(life.connection.id)
  }

  comeBack(life: Life): void {
    this.#settle(life, [...(life.rooms ?? [])], life.user, null)
  }

  arrive(life: Life, rooms: readonly string[], user: string | null, marks: unknown): void {
    if (rooms.length > 0) life.rooms = new Set(rooms)
    life.user = user
    this.#settle(life, rooms, user, marks)
    this.#behind.add(life, marks)
  }

  /** @throws HoldfastError HF_OPTION_INVALID */
  room(name: string): Room {
    if (typeof name !== 'string') throw wrongArgument('room()', 'name', name, 'the name of a room')
    return new HubRoom(name, this.#rooms)
  }

  /** @throws HoldfastError HF_OPTION_INVALID */
  user(key: string): User {
    if (typeof key !== 'string') throw wrongArgument('user()', 'key', key, 'what the handler `user` returned: a string')
    return new User(key, this.#users)
  }

  /** Sends to all connections; returns how many it was accepted for. */
  publish(message: Message, options?: PublishOptions): number {
    const except = exceptOf(options, 'publish()')
    const shared = new SharedMessage(message, 'publish()')
    if (this.#outward.busy) this.#outward.tell(ALL, shared, options?.except ?? null)
    return deliver(this.#lives.values(), shared, except)
  }

  /** From now on what is published here goes to the other workers too, and they are told what is wanted here. */
  connect(elsewhere: Elsewhere): void {
    if (this.#outward.connected) throw new Error('a hub has one broker at most')
    this.#outward.connect(elsewhere, [...this.#rooms.topics(), ...this.#users.topics()])
  }

  /** Another worker has published this: delivers it to those that are here, and to placeholders. */
  arrived(origin: Origin, message: SharedMessage): void {
    const { topic } = origin
    this.#outward.arrived(origin, message, null)
    const lives = topic === ALL ? this.#lives.values() : this.#groupsOf(topic).of(nameOf(topic))
    deliver(this.#behind.size === 0 ? lives : this.#behind.without(lives, origin), message)
  }

  /** Puts it where it was elsewhere, whatever roomsMax says, and sends what was kept for it and it has not had. */
  #settle(life: Life, rooms: readonly string[], user: string | null, marks: unknown): void {
    for (const room of rooms) this.#rooms.add(room, life)
    if (user !== null) this.#users.add(user, life)
    const kept = this.absent.take(life.connection.id)
    if (kept === null) return
    for (const { message, origin } of kept.messages) {
      if (this.#outward.isPast(marks, origin)) continue
      message.renew()
      sendShared(life, message)
    }
    if (kept.isOver) life.end(ENDINGS.slowReader)
  }

  #groupsOf(topic: Topic): Groups {
    return isUserTopic(topic) ? this.#users : this.#rooms
  }
}

function canJoin({ state }: Life): boolean {
  return state.name === 'open' || state.name === 'draining'
}
