/**
 * Links between the workers of one machine: what the broker, and whatever else workers tell each other, needs of them. Types and
 * constants; `mesh.ts` makes links of Unix sockets, `memory-bus.ts` of nothing but memory.
 *
 * A link is up from the greeting until one of the two ends it, dies, or does not read. What is sent over it arrives in
 * that order, whatever the channel, or the link ends.
 */

/** Who is at the other end. */
export interface Peer {
  readonly name: string
  readonly pid: number
  /** Made by the process: two processes with one name differ in it. */
  readonly nonce: string
}

/**
 * Why a link ended: `ended` by us, `peer` by the other; `stuck`: it did not read; `bad`: what it sent makes no sense, or our
 * handler of it threw; `failed`: the socket did.
 */
export type UnlinkReason = 'ended' | 'peer' | 'stuck' | 'bad' | 'failed'

export interface Link {
  readonly peer: Peer
  /** False from the moment it ends. */
  readonly up: boolean
  /** Bytes that the kernel has not taken. */
  readonly waitingBytes: number
  /**
   * Sends one frame; written with all others of this turn of the event loop.
   *
   * @param payload at most FRAME_BYTES_MAX; must not be changed any more
   * @returns false when the link is down, or is now because too much waits: the peer does not read
   */
  send(channel: number, payload: Uint8Array): boolean
  /** Ends it; what was sent is written before. */
  end(): void
}

/** All links of one worker. */
export interface Links {
  readonly self: Peer
  /** Those that are up. */
  all(): Iterable<Link>
  /** The link to the worker of that name, if it is up. */
  to(name: string): Link | undefined
  /**
   * Sets who gets the frames of one channel, on all links. The payload is only lent: what is kept beyond the call is
   * copied. A handler that throws ends the link (`bad`). Frames of a channel without handler are left out.
   *
   * @throws Error when the channel has a handler
   */
  handle(channel: number, handler: (link: Link, payload: Buffer) => void): void
  /** Calls `listener` for each link that is up, and for each that comes up, before its first frame. */
  onLinked(listener: (link: Link) => void): void
  /** Calls `listener` for each link that was up and is down. */
  onUnlinked(listener: (link: Link, reason: UnlinkReason) => void): void
}

/** The channels of a link. 0 to 15 belong to this folder, 16 to 255 to whoever uses the links besides. */
export const CHANNELS = { hello: 0, interest: 1, publish: 2, ping: 3, pong: 4 } as const

/** The payload of one frame. */
export const FRAME_BYTES_MAX = 32 * 1024 * 1024
