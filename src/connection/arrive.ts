/**
 * Taking up a connection that was open in another process: from its snapshot to a `Life`, and from there to being open here.
 * Functions; what they make ends like every connection.
 */
import type { Socket } from 'node:net'
import { type DeflateOptions, Deflater, Inflater } from '../protocol/deflate.ts'
import type { ConnectionContext } from './connection-context.ts'
import type { ConnectionOptions } from './connection-options.ts'
import type { RouteHandlers } from './handlers.ts'
import { Life } from './life.ts'
import type { NegotiatedDeflate } from './life-init.ts'
import { lateFrame } from './sending.ts'
import type { Snapshot, WaitingSnapshot } from './snapshot.ts'
import { note } from './timeline.ts'
import { unpooled } from './unpooled.ts'

/** What it finds here. */
export interface Arrival {
  readonly context: ConnectionContext
  readonly route: RouteHandlers
  readonly options: ConnectionOptions
  readonly socket: Socket
  readonly id: string
  readonly data: unknown
  /** How to compress for it, if that was negotiated. One object for all of a route: what is compressed for one is for all of them. */
  readonly deflate: DeflateOptions
}

/** Of the snapshot and what it finds here. Nothing happens yet. */
export function makeArrival(arrival: Arrival, snapshot: Snapshot): Life {
  const life = new Life({
    ...arrival,
    openedAt: snapshot.openedAt,
    params: snapshot.params,
    protocol: snapshot.protocol,
    remoteAddress: snapshot.remoteAddress,
    deflate: deflateOf(snapshot, arrival.deflate, arrival.options.messageBytesMax),
  })
  life.messagesReceived = snapshot.messagesReceived
  life.messagesSent = snapshot.messagesSent
  life.timeline = snapshot.timeline && [...snapshot.timeline]
  life.traceparent = snapshot.traceparent ?? null
  return life
}

/** It is open here: in its rooms, with what waited for it; `hold` runs, then it is read, first what had been read there. */
export function arrive(life: Life, snapshot: Snapshot): void {
  const { context, connection, route, inbox, reader, held, socket } = life
  const { quietMs, beatMs, messageMs, stoppedAt } = snapshot.times
  const { keepaliveIntervalMs, idleTimeoutMs } = life.options
  note(life, 'moved here')
  context.wheel.arm(life.deadline, Math.min(beatMs, keepaliveIntervalMs, idleTimeoutMs / 2))
  life.heardAt = context.wheel.now - quietMs
  if (snapshot.rate !== null) life.rate?.goOn(snapshot.rate, Math.max(0, context.wallNow() - stoppedAt))
  for (const piece of snapshot.pieces) life.outbox.put(piece)
  for (const waiting of snapshot.backlog) putWaiting(life, waiting)
  context.outboxBudget.settle(life)
  context.hub.arrive(life, snapshot.rooms, snapshot.user, snapshot.marks)
  inbox.holdMoved()
  if (context.events.wanted('adopted')) context.events.emit('adopted', { connection, route: route.path })
  if (snapshot.unread.length > 0) reader.read(bufferOf(snapshot.unread))
  held.read()
  held.messageSince(messageMs)
  if (!reader.paused) socket.resume()
}

/** Waits one by one if the route here wants that too. */
function putWaiting(life: Life, { frame, opcode, key }: WaitingSnapshot): void {
  const { outbox, options } = life
  const own = unpooled(bufferOf(frame))
  const late = opcode === null ? null : lateFrame(life, opcode)
  if (typeof options.slow !== 'string' || options.slow === 'drop-oldest') outbox.keep({ frame: own, late, key })
  else outbox.put(late === null ? own : late.encode(own))
}

/** What was negotiated holds, whatever the route here would have negotiated. */
function deflateOf({ deflate }: Snapshot, options: DeflateOptions, bytesMax: number): NegotiatedDeflate | null {
  if (deflate === null) return null
  const { params } = deflate
  return {
    ...{ params, options },
    inflater: new Inflater(params, bytesMax, deflate.inflated),
    deflater: new Deflater(params, options, deflate.deflated),
  }
}

function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
