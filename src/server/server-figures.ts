/**
 * The figures of one server at one moment: what was counted of its connections, and what is there. Plain data, made when asked by looking at
 * every connection (as `ledger().routes` does); nothing to end.
 */
import type { BucketFigures } from '../base/buckets.ts'
import type { RouteTraffic } from '../connection/traffic.ts'
import type { ServerContext } from './server-context.ts'

export interface ServerFigures {
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
}

export function serverFigures(context: ServerContext): ServerFigures {
  const traffic = context.countTraffic()
  let { receivedBytes, sentBytes } = traffic
  for (const { socket } of context.hub.lives()) {
    receivedBytes += socket.bytesRead ?? 0
    // What waits in the socket is thrown away with it: a sum that had it would fall.
    sentBytes += (socket.bytesWritten ?? 0) - (socket.writableLength ?? 0)
  }
  return {
    ...{ routes: traffic.routes(), pings: traffic.pings.figures(), receivedBytes, sentBytes },
    ...{ outboxBytes: context.outboxBudget.bytes, connectionsLimit: context.admission.connectionsLimit },
  }
}
