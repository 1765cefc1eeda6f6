/**
 * All of a connection that travels to another process, beside its socket: as a value, and as bytes.
 *
 * Both ends are this library, perhaps of two versions: the number in front says which form it is, and one that is not known is
 * refused. Pure but for looking; ends with whoever holds it.
 */
import { deserialize, serialize } from 'node:v8'
import type { DeflateParams } from '../protocol/deflate.ts'
import type { LatestKey } from './backlog.ts'
import type { Life } from './life.ts'
import type { RateLeft } from './receive-rate.ts'

export interface Snapshot {
  /** The path of its route, as it was declared. */
  readonly route: string
  readonly params: Readonly<Record<string, string>>
  readonly protocol: string
  readonly remoteAddress: string
  readonly openedAt: number
  /** `data`, or what `handoff.save` made of it, as bytes of their own. */
  readonly data: Uint8Array
  readonly saved: boolean
  readonly rooms: readonly string[]
  readonly user: string | null
  /** Which messages it has had: RoomsPort.depart. */
  readonly marks: unknown
  readonly messagesReceived: number
  readonly messagesSent: number
  readonly deflate: {
    readonly params: DeflateParams
    readonly inflated: Uint8Array
    readonly deflated: Uint8Array
  } | null
  /** Where its reader is, as bytes of its client. */
  readonly unread: Uint8Array
  /** What waits for it, as bytes of the wire; then what waits one by one. */
  readonly pieces: readonly Uint8Array[]
  readonly backlog: readonly WaitingSnapshot[]
  readonly times: Times
  readonly rate: RateLeft | null
  /** Of its upgrade's span. Not there when it comes from a version that did not know it. */
  readonly traceparent?: string | null
  /** What has happened to it: see timeline.ts. */
  readonly timeline: readonly number[] | null
}

export interface WaitingSnapshot {
  readonly frame: Uint8Array
  /** Of a message that is still to be compressed; null: it is a frame. */
  readonly opcode: number | null
  readonly key: LatestKey | undefined
}

/** Clocks differ: what travels is how long things have lasted, in milliseconds, when reading stopped. */
export interface Times {
  /** Since anything was heard. */
  readonly quietMs: number
  /** Until the next look at that. */
  readonly beatMs: number
  /** A message that is not whole has been coming. */
  readonly messageMs: number
  /** When reading stopped, by the wall clock. */
  readonly stoppedAt: number
}

/** Form 1. */
const MAGIC = Buffer.from('HFM\x01', 'latin1')

/** @param data see packData() */
export function takeSnapshot(
  life: Life,
  data: { readonly bytes: Uint8Array; readonly saved: boolean },
  marks: unknown,
  times: Times,
): Snapshot {
  const { connection, route, outbox, reader, deflate } = life
  return {
    route: route.path,
    params: { ...life.params },
    protocol: life.protocol,
    remoteAddress: life.remoteAddress,
    openedAt: connection.openedAt,
    ...{ data: data.bytes, saved: data.saved, rooms: connection.rooms, user: life.user, marks },
    messagesReceived: life.messagesReceived,
    messagesSent: life.messagesSent,
    deflate: deflate && {
      params: deflate.params,
      inflated: deflate.inflater.history,
      deflated: deflate.deflater.history,
    },
    unread: reader.continuation(),
    pieces: outbox.pieces,
    backlog: (outbox.backlog?.all() ?? []).map(({ frame, late, key }) => ({
      frame,
      opcode: late?.opcode ?? null,
      key,
    })),
    times,
    rate: life.rate?.left ?? null,
    ...{ traceparent: life.traceparent, timeline: life.timeline },
  }
}

export function packSnapshot(snapshot: Snapshot): Uint8Array {
  return Buffer.concat([MAGIC, serialize(snapshot)])
}

/** Null when it is of another form, or damaged. The bytes belong to the snapshot from here on. */
export function unpackSnapshot(bytes: Uint8Array): Snapshot | null {
  const all = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (!all.subarray(0, MAGIC.length).equals(MAGIC)) return null
  try {
    return deserialize(all.subarray(MAGIC.length)) as Snapshot
  } catch {
    return null
  }
}

/** @throws what structured clone throws for what is not data */
export function packData(data: unknown): Uint8Array {
  return serialize(data)
}

/** What packData() was given; it does not keep the bytes. */
export function unpackData(bytes: Uint8Array): unknown {
  const own = Buffer.allocUnsafeSlow(bytes.length)
  own.set(bytes)
  return deserialize(own)
}
