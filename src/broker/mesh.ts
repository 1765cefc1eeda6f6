/**
 * The mesh: the links of one worker to all others of the machine, over Unix sockets in a folder that the supervisor has made
 * (0700: whoever can reach the sockets is the same user).
 *
 * Each worker listens at a path of its own and is told who else there is: `meet`. Of two workers the one whose name is
 * greater connects; it goes on trying, also after a link was lost, until `part`. Both must have met each other for
 * a link to last: who comes without having been met is accepted, because the news may be on its way.
 *
 * Owned by the worker. Ends with `end()`: links are ended, the listener is closed and its socket file is gone.
 */
import { randomBytes } from 'node:crypto'
import { createServer, type Server, type Socket } from 'node:net'
import { type Clock, systemClock } from '../base/clock.ts'
import type { Events } from '../base/events.ts'
import { wrongArgument } from '../base/options.ts'
import type { BrokerEvents } from './broker-events.ts'
import { Calling } from './calling.ts'
import { HandlerTable } from './handler-table.ts'
import type { Link, Links, Peer, UnlinkReason } from './links.ts'
import { type LinkDown, type LinkOwner, SocketLink } from './socket-link.ts'

export interface MeshInit {
  /** Of this worker: no other has it. */
  readonly name: string
  /** Where it listens; at most 103 bytes long. */
  readonly path: string
  readonly events: Events<BrokerEvents>
  /** So much may wait for one peer before it is cut off; default 64 MiB. */
  readonly linkBytesMax?: number
  readonly clock?: Clock
  readonly pid?: number
  readonly nonce?: string
}

/** What fits into the address of a Unix socket everywhere. Node cuts off the rest in silence. */
const PATH_BYTES_MAX = 103
const LINK_BYTES_MAX = 64 * 1024 * 1024
/** Sockets that have not greeted yet. */
const STRANGERS_MAX = 64

export class Mesh implements Links, LinkOwner {
  readonly self: Peer
  readonly clock: Clock
  readonly linkBytesMax: number
  readonly #path: string
  readonly #events: Events<BrokerEvents>
  readonly #server: Server
  // Removed by: linkOnDown.
  readonly #links = new Map<string, SocketLink>()
  // Removed by: linkOnGreeted, linkOnDown. Bounded by STRANGERS_MAX and by those we have met.
  readonly #strangers = new Set<SocketLink>()
  // Removed by: part(), end().
  readonly #callings = new Map<string, Calling>()
  readonly #handlers = new HandlerTable()
  #ended: Promise<void> | null = null
  #stuck = 0
  #lostBytes = 0

  constructor(init: MeshInit) {
    this.self = {
      name: init.name,
      pid: init.pid ?? process.pid,
      nonce: init.nonce ?? randomBytes(9).toString('base64url'),
    }
    this.clock = init.clock ?? systemClock
    this.linkBytesMax = init.linkBytesMax ?? LINK_BYTES_MAX
    this.#path = init.path
    this.#events = init.events
    this.#server = createServer((socket) => this.#cameIn(socket))
  }

  /**
   * Listens at its path. Rejects with the error of the system when the path is taken or its folder is not there.
   *
   * @throws HoldfastError HF_OPTION_INVALID when the path is too long
   */
  listen(): Promise<void> {
    return new Promise((resolve, reject) => {
      if (Buffer.byteLength(this.#path) > PATH_BYTES_MAX) {
        throw wrongArgument('Mesh', 'path', this.#path, `a path of at most ${PATH_BYTES_MAX} bytes`)
      }
      this.#server.once('error', reject)
      this.#server.listen(this.#path, () => {
        this.#server.off('error', reject)
        // A listener that fails later (too many open files, say) is not the end of the links there are.
        this.#server.on('error', () => {})
        resolve()
      })
    })
  }

  /** There is a worker of that name, listening at that path. */
  meet(name: string, path: string): void {
    if (this.#ended !== null || this.#callings.has(name) || this.self.name <= name) return
    const calling = new Calling(path, this.clock, (socket) => this.#wentOut(socket, name))
    this.#callings.set(name, calling)
    calling.call()
  }

  /** That worker is gone, or going: a link to it is ended, and none is made any more. */
  part(name: string): void {
    this.#callings.get(name)?.end()
    this.#callings.delete(name)
    this.#links.get(name)?.end()
  }

  /** How many links were cut because the other did not read, and the bytes that were lost when links went down. */
  get counts(): { readonly stuck: number; readonly lostBytes: number } {
    return { stuck: this.#stuck, lostBytes: this.#lostBytes }
  }

  all(): Iterable<Link> {
    return this.#links.values()
  }

  to(name: string): Link | undefined {
    return this.#links.get(name)
  }

  handle(channel: number, handler: (link: Link, payload: Buffer) => void): void {
    this.#handlers.handle(channel, handler)
  }

  onLinked(listener: (link: Link) => void): void {
    this.#handlers.onLinked(listener, this.all())
  }

  onUnlinked(listener: (link: Link, reason: UnlinkReason) => void): void {
    this.#handlers.onUnlinked(listener)
  }

  /** Resolves when the socket file is gone. A second call gets the same promise. */
  end(): Promise<void> {
    if (this.#ended !== null) return this.#ended
    this.#ended = new Promise((resolve) => {
      // Resolves also when it was not listening.
      this.#server.close(() => resolve())
    })
    for (const calling of this.#callings.values()) calling.end()
    this.#callings.clear()
    for (const link of [...this.#links.values(), ...this.#strangers]) link.end()
    return this.#ended
  }

  linkOnGreeted(link: SocketLink, peer: Peer): string | null {
    const { name, nonce } = peer
    if (link.called === null ? name <= this.self.name : name !== link.called) return `a greeting of ${name}`
    const before = this.#links.get(name)
    if (before !== undefined && before.peer.nonce !== nonce) return `another process with the name ${name}`
    // The same process again: it has given up the link that is still there.
    before?.cut('peer', 'it has connected again')
    this.#strangers.delete(link)
    this.#links.set(name, link)
    this.#callings.get(name)?.answered()
    link.accept(peer)
    this.#handlers.linked(link)
    if (this.#events.wanted('linked')) this.#events.emit('linked', { peer: name, pid: peer.pid })
    return null
  }

  linkOnFrame(link: SocketLink, channel: number, payload: Buffer): void {
    this.#handlers.frame(link, channel, payload)
  }

  linkOnDown(link: SocketLink, { wasUp, reason, problem, lostBytes }: LinkDown): void {
    this.#strangers.delete(link)
    if (wasUp) {
      const { name } = link.peer
      this.#links.delete(name)
      if (reason === 'stuck') this.#stuck++
      this.#lostBytes += lostBytes
      this.#handlers.unlinked(link, reason)
      if (this.#events.wanted('unlinked')) this.#events.emit('unlinked', { peer: name, reason, problem, lostBytes })
    } else if (reason === 'bad' && this.#events.wanted('linkRefused')) this.#events.emit('linkRefused', { problem })
    if (link.called !== null) this.#callings.get(link.called)?.again()
  }

  #cameIn(socket: Socket): void {
    const link = new SocketLink(socket, null, this)
    if (this.#strangers.size >= STRANGERS_MAX) link.cut('bad', 'too many sockets that have not greeted')
    else this.#strangers.add(link)
  }

  #wentOut(socket: Socket, name: string): void {
    this.#strangers.add(new SocketLink(socket, name, this))
  }
}
