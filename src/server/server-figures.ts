/**
 * The figures of one server at one moment: what was counted of its connections, and what is there. Plain data, made when asked by looking at
 * every connection, a thousand at a time. Two who ask at once get the same. Belongs to the internals of the server; ends with the answer.
 */
import type { BucketFigures } from '../base/buckets.ts'
import { inSlices } from '../base/in-slices.ts'
import type { Life } from '../connection/life.ts'
import type { RouteTraffic } from '../connection/traffic.ts'
import { type RouteCounts, RouteTally } from '../hub/route-counts.ts'
import type { ServerContext } from './server-context.ts'
import { tallyLife, tallyOpenings } from './server-ledger.ts'

export interface ServerFigures {
  /** By route, what is there, as `ledger().routes` has it. */
  readonly connections: Readonly<Record<string, RouteCounts>>
  /** Since somebody wanted to know, by route; under the empty string what belongs to none. */
  readonly routes: Readonly<Record<string, RouteTraffic>>
  /** How long pongs took, in seconds. */
  readonly pings: BucketFigures
  /** Of all sockets of connections, from the first byte of their upgrade on. */
  readonly receivedBytes: number
  readonly sentBytes: number
  /** What waits for readers that are slow. */
  readonly outboxBytes: number
  /** So many connections there may be; null: not known. */
  readonly connectionsLimit: number | null
  /** How long the event loop worked to look at the connections. */
  readonly tookMs: number
}

/** When nobody has looked at them for a while, so many take 3 ms; mostly less than 1. */
const AT_ONCE = 1_000

export class FiguresOfServer {
  readonly #context: ServerContext
  #underWay: Promise<ServerFigures> | null = null

  constructor(context: ServerContext) {
    this.#context = context
  }

  /** All there is. */
  read(): Promise<ServerFigures> {
    // Of one that closes the last word is wanted, not what was seen when somebody else began to look.
    if (this.#context.closing) return this.#look()
    this.#underWay ??= this.#look().finally(() => {
      this.#underWay = null
    })
    return this.#underWay
  }

  async #look(): Promise<ServerFigures> {
    const context = this.#context
    const traffic = context.countTraffic()
    // Who is there and what is counted of those who have gone, at one moment: each byte is in one of the two. Who goes meanwhile is still
    // looked at, and its socket still says what it has had; so a sum never falls from one look to the next.
    const lives = [...context.hub.lives()]
    let { receivedBytes, sentBytes } = traffic
    const wall = context.wallNow()
    const tally = new RouteTally(context.routes.paths)
    tallyOpenings(tally, context)
    const visit = (life: Life): void => {
      tallyLife(tally, life, wall)
      const { socket } = life
      receivedBytes += socket.bytesRead ?? 0
      // What waits in the socket is thrown away with it: a sum that had it would fall.
      sentBytes += (socket.bytesWritten ?? 0) - (socket.writableLength ?? 0)
    }
    const tookMs = await inSlices(lives, AT_ONCE, visit, traffic.now)
    return {
      ...{ connections: tally.counts(), routes: traffic.routes(), pings: traffic.pings.figures() },
      ...{ receivedBytes, sentBytes, outboxBytes: context.outboxBudget.bytes },
      ...{ connectionsLimit: context.admission.connectionsLimit, tookMs },
    }
  }
}
