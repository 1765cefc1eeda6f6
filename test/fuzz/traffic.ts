/**
 * Draws what a client could send: valid messages of all kinds and sizes, as frames in any valid shape, cut into any chunks.
 * Pure but for the Random; nothing to end.
 */
import { clientFrame } from '../support/wire.ts'
import type { Random } from './random.ts'

export type Step =
  | { readonly kind: 'text'; readonly text: string; readonly cuts: readonly number[]; readonly rsv1: boolean }
  | { readonly kind: 'binary'; readonly bytes: Buffer; readonly cuts: readonly number[]; readonly rsv1: boolean }
  | { readonly kind: 'ping' | 'pong'; readonly bytes: Buffer }
  | { readonly kind: 'close'; readonly code: number; readonly reason: string }

/** Where a length form ends or begins, or a buffer of ours does. */
const EDGES = [0, 1, 2, 3, 124, 125, 126, 127, 255, 256, 4095, 4096, 8191, 8192, 65_535, 65_536, 65_537]
const CODES = [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999]

export interface TrafficLimits {
  readonly stepsMax: number
  readonly bytesMax: number
  /** May data messages be sent compressed? */
  readonly deflate: boolean
}

export function drawSize(random: Random, bytesMax: number): number {
  const size = random.chance(0.2) ? random.pick(EDGES) : random.int(0, random.pick([8, 125, 200, 2000, 70_000]))
  return Math.min(size, bytesMax)
}

/** Messages and control frames, with or without a close frame at the end. */
export function drawSteps(random: Random, limits: TrafficLimits, closes: boolean): Step[] {
  const steps: Step[] = []
  let room = limits.bytesMax
  for (let left = random.int(0, limits.stepsMax); left > 0; left -= 1) {
    if (random.chance(0.2)) {
      steps.push({ kind: random.chance(0.7) ? 'ping' : 'pong', bytes: random.bytes(random.int(0, 125)) })
      continue
    }
    const size = drawSize(random, room)
    room -= size
    const rsv1 = limits.deflate && random.chance(0.7)
    const cuts = random.chance(0.4) ? Array.from({ length: random.int(1, 6) }, () => random.int(0, size)) : []
    if (random.chance(0.5)) steps.push({ kind: 'text', text: random.text(size), cuts, rsv1 })
    else steps.push({ kind: 'binary', bytes: random.bytes(size), cuts, rsv1 })
  }
  if (closes) steps.push(drawClose(random))
  return steps
}

function drawClose(random: Random): Step {
  if (random.chance(0.2)) return { kind: 'close', code: 1005, reason: '' }
  return { kind: 'close', code: random.pick(CODES), reason: random.chance(0.5) ? random.text(random.int(0, 123)) : '' }
}

/** The bytes of the steps; `compress` makes the payload of a message that is to go compressed. */
export function encodeSteps(random: Random, steps: readonly Step[], compress: (payload: Buffer) => Buffer): Buffer {
  const frames: Buffer[] = []
  for (const step of steps) {
    if (step.kind === 'close') frames.push(closeFrame(random, step.code, step.reason))
    else if (step.kind === 'text' || step.kind === 'binary') {
      const plain = step.kind === 'text' ? Buffer.from(step.text) : step.bytes
      const payload = step.rsv1 ? compress(plain) : plain
      const cuts = step.cuts.map((cut) => Math.min(cut, payload.length)).sort((a, b) => a - b)
      pushMessage(random, frames, step.kind === 'text' ? 1 : 2, payload, cuts, step.rsv1)
    } else frames.push(control(random, step.kind, step.bytes))
  }
  return Buffer.concat(frames)
}

function pushMessage(
  random: Random,
  frames: Buffer[],
  opcode: number,
  payload: Buffer,
  cuts: readonly number[],
  rsv1: boolean,
): void {
  let start = 0
  for (const [index, end] of [...cuts, payload.length].entries()) {
    const fin = index === cuts.length
    const rsv = index === 0 && rsv1 ? 4 : 0
    const part = payload.subarray(start, end)
    frames.push(clientFrame({ opcode: index === 0 ? opcode : 0, payload: part, fin, rsv, mask: drawMask(random) }))
    if (!fin && random.chance(0.3)) frames.push(control(random, 'ping', random.bytes(random.int(0, 125))))
    start = end
  }
}

function control(random: Random, kind: 'ping' | 'pong', payload: Buffer): Buffer {
  return clientFrame({ opcode: kind === 'ping' ? 9 : 10, payload, mask: drawMask(random) })
}

function closeFrame(random: Random, code: number, reason: string): Buffer {
  const head = Buffer.from([code >> 8, code & 0xff])
  const payload = code === 1005 ? Buffer.alloc(0) : Buffer.concat([head, Buffer.from(reason)])
  return clientFrame({ opcode: 8, payload, mask: drawMask(random) })
}

function drawMask(random: Random): number {
  return random.chance(0.1) ? 0 : random.bits()
}

/** Cuts a stream: whole, bytewise, evenly, or at random places. Each chunk has memory of its own. */
export function drawChunks(random: Random, stream: Buffer): Buffer[] {
  const style = random.int(0, 5)
  const chunks: Buffer[] = []
  const even = random.pick([1, 2, 3, 7, 16, 997])
  for (let at = 0; at < stream.length; ) {
    let size = stream.length
    if (style === 1 && stream.length < 4000) size = even
    else if (style === 2) size = random.int(1, 20_000)
    else if (style >= 3) size = random.chance(0.5) ? random.int(1, 16) : random.int(1, 3000)
    chunks.push(copyOf(stream.subarray(at, at + size)))
    at += size
  }
  return chunks
}

function copyOf(bytes: Buffer): Buffer {
  const copy = Buffer.allocUnsafeSlow(bytes.length)
  bytes.copy(copy)
  return copy
}
