/**
 * Targets `valid` and `mutated`: our frame reader beside that of `ws`, in memory. Nothing to open, nothing to end.
 */
import type { DeflateParams } from '../../../src/protocol/deflate-params.ts'
import type { ReaderLimits } from '../../../src/protocol/reader-sink.ts'
import { DeflatePeer } from '../../conformance/deflate-peer.ts'
import { judge } from '../judge.ts'
import { mutate } from '../mutate.ts'
import type { Random } from '../random.ts'
import { type Heard, type Hearing, weRead, wsReads } from '../readers.ts'
import { must, type Target } from '../target.ts'
import { drawChunks, drawSteps, encodeSteps, type Step } from '../traffic.ts'

/** How our side reads; a control test puts a broken one in its place. */
export type Reads = (chunks: readonly Buffer[], limits: ReaderLimits, deflate: DeflateParams | null) => Hearing

/** Valid traffic: both readers must hear the same, and it must be what was sent. */
export function validTarget(reads: Reads = weRead): Target {
  return {
    name: 'valid',
    about: 'random valid traffic in memory: our reader and that of ws hear the same, which is what was sent',
    share: 2,
    open: () => ({ run: (random) => runValid(random, reads), close: async () => {} }),
  }
}

/** Damaged traffic: never throws, nothing after the end, bounded, and of one mind with ws where both follow the RFC. */
export function mutatedTarget(reads: Reads = weRead): Target {
  return {
    name: 'mutated',
    about:
      'mutated traffic in memory: no throw, nothing after the end, bounded, agrees with ws but for known differences',
    share: 2,
    open: () => ({ run: (random) => runMutated(random, reads), close: async () => {} }),
  }
}

async function runValid(random: Random, reads: Reads): Promise<void> {
  const limits: ReaderLimits = { messageBytesMax: 1 << 20, fragmentsMax: 64, controlFramesPerSecondMax: 1 << 20 }
  const deflate = random.chance(0.3) ? drawDeflate(random) : null
  const steps = drawSteps(random, { stepsMax: 12, bytesMax: 200_000, deflate: deflate !== null }, random.chance(0.8))
  const stream = encodeSteps(random, steps, compressor(deflate))
  const chunks = drawChunks(random, stream)
  const ours = reads(chunks.map(copyOf), limits, deflate).heard
  const theirs = (await wsReads(chunks, limits, deflate)).heard
  same('ours', ours, 'ws', theirs)
  // Pings between fragments are drawn while encoding, so only messages and the close are compared with the plan.
  same('ours', ours.filter(isPlanned), 'sent', sent(steps).filter(isPlanned))
}

async function runMutated(random: Random, reads: Reads): Promise<void> {
  const limits: ReaderLimits = {
    messageBytesMax: random.pick([1, 125, 1000, 65_536, 1 << 20]),
    fragmentsMax: random.pick([1, 2, 4, 1024]),
    controlFramesPerSecondMax: 1 << 20,
  }
  const deflate = random.chance(0.25) ? drawDeflate(random) : null
  const traffic = { stepsMax: 6, bytesMax: random.pick([64, 1000, 20_000]), deflate: deflate !== null }
  const steps = drawSteps(random, traffic, random.chance(0.5))
  const stream = random.chance(0.95)
    ? mutate(random, encodeSteps(random, steps, compressor(deflate)))
    : random.bytes(200)
  const chunks = drawChunks(random, stream)
  const ours = reads(chunks.map(copyOf), limits, deflate)
  // However the stream is cut, the same is heard.
  const whole = reads([copyOf(stream)], limits, deflate)
  same('ours', ours.heard, 'ours in one chunk', whole.heard)
  const theirs = await wsReads(chunks, limits, deflate)
  judge({ ours, theirs, deflate: deflate !== null, more: (tail) => reads([copyOf(stream), tail], limits, deflate) })
}

function drawDeflate(random: Random): DeflateParams {
  return {
    serverNoContextTakeover: true,
    clientNoContextTakeover: random.chance(0.5),
    serverWindowBits: 15,
    clientWindowBits: random.int(9, 15),
  }
}

function compressor(deflate: DeflateParams | null): (payload: Buffer) => Buffer {
  if (deflate === null) return (payload) => payload
  const peer = new DeflatePeer({
    serverKeepsContext: !deflate.serverNoContextTakeover,
    clientKeepsContext: !deflate.clientNoContextTakeover,
    serverWindowBits: deflate.serverWindowBits,
    clientWindowBits: deflate.clientWindowBits,
  })
  return (payload) => peer.compress(payload)
}

function sent(steps: readonly Step[]): Heard[] {
  return steps.map((step): Heard => {
    if (step.kind === 'text') return ['text', step.text]
    if (step.kind === 'close') return ['close', `${step.code} ${step.reason}`]
    return [step.kind, step.bytes.toString('latin1')]
  })
}

function isPlanned([kind]: Heard): boolean {
  return kind === 'text' || kind === 'binary' || kind === 'close' || kind === 'violation'
}

function same(oneName: string, one: readonly Heard[], otherName: string, other: readonly Heard[]): void {
  const length = Math.max(one.length, other.length)
  for (let at = 0; at < length; at += 1) {
    const equal = one[at]?.[0] === other[at]?.[0] && one[at]?.[1] === other[at]?.[1]
    must(equal, () => `event ${at}: ${oneName} ${show(one[at])}, ${otherName} ${show(other[at])}`)
  }
}

export function show(event: Heard | undefined): string {
  if (event === undefined) return 'nothing'
  const [kind, what] = event
  return `${kind} ${JSON.stringify(what.slice(0, 80))}${what.length > 80 ? `… (${what.length})` : ''}`
}

function copyOf(bytes: Buffer): Buffer {
  const copy = Buffer.allocUnsafeSlow(bytes.length)
  bytes.copy(copy)
  return copy
}
