/** Leak, plateau or not known: of series whose answer is known, with noise as memory has it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bytesEach } from '../../../../src/diagnose/soak/figures.ts'
import { judge, type Point } from '../../../../src/diagnose/soak/judge.ts'
import { slopeBeside, slopeOf } from '../../../../src/diagnose/soak/slope.ts'
import { soakVerdict } from '../../../../src/diagnose/soak/soak-verdict.ts'

/** Between -1 and 1, the same in each run. */
function noiseFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31
    return (state / 2 ** 31) * 2 - 1
  }
}

function points(rounds: number, bytesAt: (connections: number, noise: number, round: number) => number): Point[] {
  const noise = noiseFrom(7)
  return Array.from({ length: rounds }, (_, round) => {
    const connections = (round + 1) * 200
    return { connections, held: 0, bytes: bytesAt(connections, noise(), round) }
  })
}

const HEAP = 20e6

test('growth by a constant is a leak, with its bytes', () => {
  const { outcome, fit } = judge(
    points(20, (n, noise) => HEAP + 4_100 * n + 20_000 * noise),
    true,
    32,
  )
  assert.equal(outcome, 'leak')
  assert.match(bytesEach(fit), /^4\.1\d? ± 0\.0\d KB$/)
})

test('a leak of 100 bytes is found in the noise of a heap', () => {
  assert.equal(
    judge(
      points(20, (n, noise) => HEAP + 100 * n + 10_000 * noise),
      true,
      32,
    ).outcome,
    'leak',
  )
})

test('control: the same noise without growth is a plateau', () => {
  assert.equal(
    judge(
      points(20, (_, noise) => HEAP + 10_000 * noise),
      true,
      32,
    ).outcome,
    'plateau',
  )
})

test('memory that is given back is a plateau', () => {
  assert.equal(
    judge(
      points(20, (n, noise) => HEAP - 500 * n + 10_000 * noise),
      true,
      32,
    ).outcome,
    'plateau',
  )
})

test('what grows and then stops is a plateau, and says so', () => {
  const { outcome, note } = judge(
    points(20, (n, noise) => HEAP + 4_000 * Math.min(n, 1_600) + 500 * noise),
    true,
    32,
  )
  assert.deepEqual([outcome, note], ['plateau', 'it grew at first, and then no more'])
})

test('what grows ever less is not known: it may stop', () => {
  const slower = points(12, (n, _, round) => HEAP + (round < 6 ? 4_000 * n : 4_000 * 1_200 + 700 * (n - 1_200)))
  assert.equal(judge(slower, true, 32).outcome, 'unclear')
})

test('noise that hides more than the tolerance is not known', () => {
  assert.equal(
    judge(
      points(20, (_, noise) => HEAP + 5e6 * noise),
      true,
      32,
    ).outcome,
    'unclear',
  )
  assert.equal(
    judge(
      points(4, (n) => HEAP + n),
      true,
      32,
    ).outcome,
    'unclear',
  )
})

/** As Go's heap goes: it grows to twice what lives, then is collected. */
function sawtooth(leakBytes: number): Point[] {
  let [live, heap] = [2e6, 2e6]
  return points(44, () => {
    live += 200 * leakBytes
    heap += 200 * (16_000 + leakBytes)
    if (heap > 2 * live && heap > 4e6) heap = live + 1e5
    return heap
  })
}

test('garbage in the samples is seen through: leak and plateau', () => {
  const leaking = judge(sawtooth(4_096), false, 1_024)
  assert.equal(leaking.outcome, 'leak')
  assert.ok(Math.abs((leaking.fit?.slope ?? 0) - 4_096) < 4_096 * 0.15, `${leaking.fit?.slope}`)
  assert.equal(judge(sawtooth(0), false, 1_024).outcome, 'plateau')
})

test('what vanished connections hold is told apart from a leak', () => {
  const held = [40, 80, 120, 120, 110, 120, 120, 115, 120, 118]
  const with40k = (leak: number): Point[] =>
    held.map((count, at) => ({ connections: at * 100, held: count, bytes: HEAP + 40_000 * count + leak * at * 100 }))
  assert.equal(judge(with40k(0), true, 32).outcome, 'plateau')
  assert.equal(judge(with40k(500), true, 32).outcome, 'leak')
  const together = with40k(0).map((point, at) => ({ ...point, held: at * 10 }))
  assert.equal(judge(together, true, 32).outcome, 'unclear', 'all of them are held')
})

test('a slope beside a second cause is that of a plane, and its bounds are wider', () => {
  const [xs, others] = [
    [1, 2, 3, 4, 5, 6],
    [2, 1, 4, 3, 6, 2],
  ]
  const ys = xs.map((x, at) => 7 + 3 * x - 2 * (others[at] as number))
  assert.ok(Math.abs(slopeBeside(xs, ys, others).slope - 3) < 1e-9)
  const noisy = ys.map((y, at) => y + [0.1, -0.1, 0.05, 0.1, -0.1, -0.05][at]!)
  const [beside, alone] = [
    slopeBeside(xs, noisy, others),
    slopeOf(
      xs,
      noisy.map((y, at) => y + 2 * others[at]!),
    ),
  ]
  assert.ok(beside.high - beside.low > alone.high - alone.low)
  assert.throws(() => slopeBeside(xs, ys, xs), /go together/)
})

const HEAP_SERIES = { name: 'heap after collection', kind: 'heap', isCollected: true } as const
const RSS_SERIES = { name: 'RSS', kind: 'rss', isCollected: true } as const
const flat = judge(
  points(20, (_, noise) => HEAP + 1_000 * noise),
  true,
  32,
)
const steep = judge(
  points(20, (n, noise) => HEAP + 4_100 * n + 1_000 * noise),
  true,
  32,
)

test('RSS is told apart from the heap', () => {
  const both = (heap: typeof flat, rss: typeof flat) =>
    soakVerdict(
      [
        { ...RSS_SERIES, judgement: rss },
        { ...HEAP_SERIES, judgement: heap },
      ],
      null,
      4_000,
    )
  assert.equal(both(flat, flat).outcome, 'plateau')
  assert.match(both(steep, steep).sentence, /^LEAK: 4\.1\d? ± 0\.0\d KB per connection$/)
  assert.match(both(steep, steep).details.join(), /RSS: .*: it grows as well/)
  const outside = both(flat, steep)
  assert.match(outside.sentence, /^LEAK outside of the heap: 4\.1/)
  assert.match(outside.details[0] ?? '', /^RSS grows, heap does not: /)
  assert.equal(outside.decidedBy, 0)
  assert.match(both(steep, flat).details.join(), /does not show the leak yet/)
})

test('vanished connections that are still held are a finding of their own', () => {
  const held = { count: 1_200, vanished: 1_300, seconds: 60 }
  const { outcome, sentence } = soakVerdict([{ ...HEAP_SERIES, judgement: flat }], held, 4_000)
  assert.equal(outcome, 'leak')
  assert.match(sentence, /still holds 1,200 of 1,300 connections whose clients vanished, 60 s after the last/)
})
