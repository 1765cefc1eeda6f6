/**
 * Waiting until the other workers have answered: one ping for each link, whose answer comes behind everything that was
 * sent before it, in both directions.
 *
 * Owned by the broker. A wait ends when all have answered or are gone, at its deadline, or with `end()`.
 */
import type { Clock } from '../base/clock.ts'
import { HoldfastError } from '../base/errors.ts'
import { CHANNELS, type Link } from './links.ts'

interface Waiting {
  // Removed by: answered(), gone().
  readonly links: Set<Link>
  done(error: HoldfastError | null): void
}

export class Syncs {
  readonly #clock: Clock
  // Removed by: done(), when all have answered, at the deadline, at the end.
  readonly #waiting = new Map<number, Waiting>()
  #last = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** @throws HoldfastError HF_SYNC_OVERDUE, or what `end` was given */
  begin(links: Iterable<Link>, withinMs: number): Promise<void> {
    const id = ++this.#last
    const ping = Buffer.allocUnsafe(6)
    ping.writeUIntBE(id, 0, 6)
    return new Promise((resolve, reject) => {
      const waiting = new Set(links)
      const timer = this.#clock.after(withinMs, () => {
        const workers = [...waiting].map(({ peer }) => peer.name).join(', ')
        this.#waiting.get(id)?.done(new HoldfastError('HF_SYNC_OVERDUE', { workers, ms: withinMs }))
      })
      this.#waiting.set(id, {
        links: waiting,
        done: (error) => {
          timer.cancel()
          this.#waiting.delete(id)
          if (error === null) resolve()
          else reject(error)
        },
      })
      for (const link of [...waiting]) if (!link.send(CHANNELS.ping, ping)) waiting.delete(link)
      this.#check(id)
    })
  }

  answered(link: Link, pong: Buffer): void {
    if (pong.length !== 6) throw new Error('an answer to no ping')
    const id = pong.readUIntBE(0, 6)
    this.#waiting.get(id)?.links.delete(link)
    this.#check(id)
  }

  gone(link: Link): void {
    for (const [id, { links }] of this.#waiting) {
      links.delete(link)
      this.#check(id)
    }
  }

  end(error: HoldfastError): void {
    for (const waiting of this.#waiting.values()) waiting.done(error)
  }

  #check(id: number): void {
    const waiting = this.#waiting.get(id)
    if (waiting !== undefined && waiting.links.size === 0) waiting.done(null)
  }
}
