/** The timeline of a connection: what is kept, in which order, and what it costs. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Life } from '../../../src/connection/life.ts'
import {
  ENTRIES_MAX,
  entriesOf,
  KINDS,
  note,
  pinged,
  pingsOf,
  ponged,
  type Timeline,
} from '../../../src/connection/timeline.ts'

interface FakeLife {
  now: number
  timeline: Timeline | null
}

/** As much of a life as a timeline needs; opened at 1,000. */
function fake(): Life & FakeLife {
  const life = { now: 1_000, timeline: null, connection: { openedAt: 1_000 }, context: { wallNow: () => life.now } }
  return life as unknown as Life & FakeLife
}

/** Kinds with their moments and repetitions, in short. */
function brief({ timeline }: Life): string[] {
  return entriesOf(timeline).map(({ atMs, what, detail, again, entries }) => {
    const parts = [atMs ?? `${entries}×`, what, detail, again === undefined ? undefined : `+${again}`]
    return parts.filter((part) => part !== undefined).join(' ')
  })
}

test('nothing has happened: nothing is kept', () => {
  const life = fake()
  assert.deepEqual([life.timeline, brief(life), pingsOf(null, 5)], [null, [], null])
})

test('what happened, with details, in order', () => {
  const life = fake()
  note(life, 'first message in')
  life.now += 250
  note(life, 'handler failed', 'message')
  note(life, 'ending', 'server')
  assert.deepEqual(brief(life), ['0 first message in', '250 handler failed message', '250 ending server'])
})

test('every kind and detail comes back as what it was', () => {
  assert.ok(Object.keys(KINDS).length <= 31)
  for (const [kind, details] of Object.entries(KINDS)) {
    if (kind === 'left out') continue
    assert.ok(details.length <= 8)
    for (const detail of details.length === 0 ? [undefined] : details) {
      const life = fake()
      life.now += 77
      note(life, kind as 'dropped', detail as 'end')
      assert.deepEqual(entriesOf(life.timeline), [{ atMs: 77, what: kind, ...(detail !== undefined && { detail }) }])
    }
  }
})

test('what repeats is the first, the latest, and how often in between', () => {
  const life = fake()
  for (let count = 0; count < 5_000; count++) {
    life.now = 1_000 + count
    note(life, 'dropped', 'drop-oldest')
  }
  // Counted to 1,023, and no further.
  assert.deepEqual(brief(life), ['0 dropped drop-oldest', '4999 dropped drop-oldest +1023'])
})

test('so are patterns of two and of three', () => {
  const life = fake()
  note(life, 'first message in')
  for (let count = 0; count < 100; count++) {
    life.now = 1_000 + count * 10
    note(life, 'reading paused')
    note(life, 'reading resumed')
  }
  assert.deepEqual(brief(life), [
    '0 first message in',
    '0 reading paused',
    '0 reading resumed',
    '990 reading paused +98',
    '990 reading resumed',
  ])
  const slow = fake()
  for (let count = 0; count < 10; count++) {
    slow.now = 1_000 + count
    note(slow, 'slow reader')
    note(slow, 'dropped', 'drop-newest')
    note(slow, 'caught up')
  }
  assert.deepEqual(
    brief(slow).map((line) => line.replace(/^\d+ /, '')),
    [...['slow reader', 'dropped drop-newest', 'caught up'], ...['slow reader +8', 'dropped drop-newest', 'caught up']],
  )
})

test('with other details it is not the same', () => {
  const life = fake()
  for (const detail of ['open', 'message', 'close'] as const) note(life, 'handler overdue', detail)
  assert.equal(brief(life).length, 3)
})

test('when it is full, how it began and the latest are kept', () => {
  const life = fake()
  const kinds = ['handler failed', 'handler overdue'] as const
  const handlers = ['user', 'open', 'hold', 'message', 'drain', 'close'] as const
  // No pattern of three or less.
  const many = Array.from({ length: 40 }, (_, at) => [kinds[at % 2]!, handlers[at % 5]!] as const)
  many.forEach(([kind, handler], at) => {
    life.now = 1_000 + at
    note(life, kind, handler)
  })
  const lines = brief(life)
  const all = many.map(([kind, handler], at) => `${at} ${kind} ${handler}`)
  assert.equal(lines.length, ENTRIES_MAX)
  const latest = ENTRIES_MAX - 5
  assert.deepEqual(lines, [...all.slice(0, 4), `${40 - 4 - latest}× left out`, ...all.slice(-latest)])
  assert.equal(life.timeline?.length, ENTRIES_MAX + 4)
})

test('a year later it still knows when', () => {
  const life = fake()
  const year = 365 * 24 * 3_600_000
  note(life, 'first message in')
  for (let count = 0; count < 3; count++) {
    life.now = 1_000 + year + count
    note(life, 'slow reader')
  }
  assert.deepEqual(brief(life), ['0 first message in', `${year} slow reader`, `${year + 2} slow reader +1`])
})

test('a wall clock that goes back makes no time before the opening', () => {
  const life = fake()
  life.now = 10
  note(life, 'first message in')
  assert.deepEqual(brief(life), ['0 first message in'])
})

test('pings: last, worst and how many, and nothing of them among the entries', () => {
  const life = fake()
  for (const tookMs of [5, 80, 20]) {
    pinged(life)
    life.now += tookMs
    ponged(life)
    // Nobody asked for this one.
    ponged(life)
    life.now += 10_000
  }
  assert.deepEqual(pingsOf(life.timeline, 40_000), { answered: 3, lastMs: 20, worstMs: 80, unansweredMs: null })
  assert.deepEqual(brief(life), [])
})

test('of pings without answer the oldest counts', () => {
  const life = fake()
  pinged(life)
  life.now += 10_000
  pinged(life)
  assert.deepEqual(pingsOf(life.timeline, 12_000), { answered: 0, lastMs: 0, worstMs: 0, unansweredMs: 12_000 })
  ponged(life)
  assert.deepEqual(pingsOf(life.timeline, 12_000)?.lastMs, 10_000)
})

test('what another version has noted is unknown, not wrong', () => {
  assert.deepEqual(entriesOf([0, 0, 0, 0, 7 * 256 + 31]), [{ atMs: 7, what: 'unknown' }])
})
