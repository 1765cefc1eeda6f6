/**
 * Links between brokers in one process: for tests, for development, and for several servers that share a process. No
 * sockets, no copies; frames wait in order until the bus brings them.
 *
 * Owned by whoever made it. A worker leaves with `end()` of its links; the bus then holds nothing of it.
 */
import { BoundedQueue } from '../base/bounded-queue.ts'
import { HandlerTable } from './handler-table.ts'
import { FRAME_HEADER_BYTES } from './link-frames.ts'
import { FRAME_BYTES_MAX, type Link, type Links, type Peer, type UnlinkReason } from './links.ts'

export interface MemoryBusInit {
  /** Calls `bring` some time later, once for each frame; default: at the end of the turn. Frames of a link keep their order however it calls. */
  readonly later?: (bring: () => void) => void
  /** So much may wait for one worker before it is cut off; default 64 MiB. */
  readonly linkBytesMax?: number
}

export class MemoryBus {
  readonly later: (bring: () => void) => void
  readonly linkBytesMax: number
  // Removed by: end() of the links.
  readonly #members = new Set<MemoryLinks>()
  #pids = 0

  constructor({ later = setImmediate, linkBytesMax = 64 * 1024 * 1024 }: MemoryBusInit = {}) {
    this.later = later
    this.linkBytesMax = linkBytesMax
  }

  /** A worker more, linked with all that are there. */
  join(name: string): MemoryLinks {
    this.#pids++
    const links = new MemoryLinks({ name, pid: this.#pids, nonce: `${name}.${this.#pids}` }, this)
    for (const other of this.#members) {
      const here = new MemoryLink(other.self, links, this)
      const there = new MemoryLink(links.self, other, this)
      here.other = there
      there.other = here
      links.add(here)
      other.add(there)
    }
    this.#members.add(links)
    return links
  }

  leave(links: MemoryLinks): void {
    this.#members.delete(links)
  }
}

export class MemoryLinks implements Links {
  readonly self: Peer
  readonly handlers = new HandlerTable()
  readonly #bus: MemoryBus
  // Removed by: down().
  readonly #links = new Map<string, MemoryLink>()

  constructor(self: Peer, bus: MemoryBus) {
    this.self = self
    this.#bus = bus
  }

  all(): Iterable<Link> {
    return this.#links.values()
  }

  to(name: string): Link | undefined {
    return this.#links.get(name)
  }

  handle(channel: number, handler: (link: Link, payload: Buffer) => void): void {
    this.handlers.handle(channel, handler)
  }

  onLinked(listener: (link: Link) => void): void {
    this.handlers.onLinked(listener, this.all())
  }

  onUnlinked(listener: (link: Link, reason: UnlinkReason) => void): void {
    this.handlers.onUnlinked(listener)
  }

  /** Leaves the bus: all links end. */
  end(): void {
    this.#bus.leave(this)
    for (const link of [...this.#links.values()]) link.end()
  }

  add(link: MemoryLink): void {
    this.#links.set(link.peer.name, link)
    this.handlers.linked(link)
  }

  down(link: MemoryLink, reason: UnlinkReason): void {
    this.#links.delete(link.peer.name)
    this.handlers.unlinked(link, reason)
  }
}

interface Frame {
  readonly channel: number
  readonly payload: Uint8Array
}

/** One end of a link. */
class MemoryLink implements Link {
  readonly peer: Peer
  other: MemoryLink | null = null
  up = true
  readonly #links: MemoryLinks
  readonly #bus: MemoryBus
  /** On the way to the other end; null is the end of the link. */
  readonly #waiting: BoundedQueue<Frame | null>

  constructor(peer: Peer, links: MemoryLinks, bus: MemoryBus) {
    this.peer = peer
    this.#links = links
    this.#bus = bus
    this.#waiting = new BoundedQueue(Number.POSITIVE_INFINITY, bus.linkBytesMax)
  }

  get waitingBytes(): number {
    return this.#waiting.bytes
  }

  send(channel: number, payload: Uint8Array): boolean {
    if (!this.up) return false
    if (payload.length > FRAME_BYTES_MAX) throw new Error(`a frame of ${payload.length} bytes is too long for a link`)
    if (this.#push({ channel, payload }, FRAME_HEADER_BYTES + payload.length)) return true
    this.#waiting.clear()
    this.#end('stuck')
    return false
  }

  end(): void {
    if (this.up) this.#end('ended')
  }

  #end(reason: UnlinkReason): void {
    this.#push(null, 0)
    this.#goDown(reason)
  }

  #push(frame: Frame | null, bytes: number): boolean {
    if (!this.#waiting.push(frame, bytes)) return false
    this.#bus.later(() => this.#bring())
    return true
  }

  #bring(): void {
    const frame = this.#waiting.shift()
    if (frame === undefined || this.other === null) return
    if (frame === null) this.other.#goDown('peer')
    else this.other.#came(frame)
  }

  #came({ channel, payload }: Frame): void {
    if (!this.up) return
    try {
      this.#links.handlers.frame(this, channel, Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength))
    } catch {
      this.#end('bad')
    }
  }

  #goDown(reason: UnlinkReason): void {
    if (!this.up) return
    this.up = false
    this.#links.down(this, reason)
  }
}
