/**
 * Who handles what comes over links, and who is told of them. Owned by the links of one worker; ends with them.
 */
import type { Link, UnlinkReason } from './links.ts'

export class HandlerTable {
  // Bounded: channels are constants of the code.
  readonly #handlers = new Map<number, (link: Link, payload: Buffer) => void>()
  readonly #onLinked: ((link: Link) => void)[] = []
  readonly #onUnlinked: ((link: Link, reason: UnlinkReason) => void)[] = []

  handle(channel: number, handler: (link: Link, payload: Buffer) => void): void {
    if (this.#handlers.has(channel)) throw new Error(`channel ${channel} has a handler`)
    this.#handlers.set(channel, handler)
  }

  /** @param up the links that are up: it is told of them at once */
  onLinked(listener: (link: Link) => void, up: Iterable<Link>): void {
    this.#onLinked.push(listener)
    for (const link of [...up]) listener(link)
  }

  onUnlinked(listener: (link: Link, reason: UnlinkReason) => void): void {
    this.#onUnlinked.push(listener)
  }

  linked(link: Link): void {
    for (const listener of this.#onLinked) listener(link)
  }

  unlinked(link: Link, reason: UnlinkReason): void {
    for (const listener of this.#onUnlinked) listener(link, reason)
  }

  /** A later version may have channels that we do not know: their frames are left out. */
  frame(link: Link, channel: number, payload: Buffer): void {
    this.#handlers.get(channel)?.(link, payload)
  }
}
