/** One frame of `holdfast top`: what is in it, how it fits, where colours are. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { stripVTControlCharacters } from 'node:util'
import { cut, table } from '../../../src/cli/columns.ts'
import { COUNTERS, type Counters, type Glance, type ProcessGlance } from '../../../src/cli/glance.ts'
import { ago } from '../../../src/cli/in-words.ts'
import { frameOf, ratesOf } from '../../../src/cli/top-frame.ts'

const counters = (value: number): Counters => Object.fromEntries(COUNTERS.map((name) => [name, value])) as Counters

const WORKER: ProcessGlance = {
  ...{ slot: 0, pid: 4242, generation: 3, state: 'serving', stateMs: 7_300_000, connections: 6_000 },
  ...{ rssBytes: 128 * 2 ** 20, heapUsedBytes: 90, heapLimitBytes: 100, retained: 12 },
  loop: { p50Ms: 1, p99Ms: 20, maxMs: 61, busy: 0.34 },
}
const GLANCE: Glance = {
  ...{ kind: 'supervisor', version: '0.1.0', node: 'v24.1.0', state: 'serving', ready: true, uptimeMs: 90_000 },
  ...{ at: '127.0.0.1 port 8080', generation: 3, connections: 12_000, counters: counters(100), progress: null },
  routes: [
    { route: '/chat/:room', opening: 1, open: 11_990, draining: 0, moving: 0, closing: 2 },
    { route: '/news', opening: 0, open: 10, draining: 0, moving: 0, closing: 0 },
  ],
  processes: [WORKER, { ...WORKER, slot: 1, pid: 4243, loop: null, retained: null }],
  retained: [{ kind: 'connection', route: '/chat/:room', count: 12, oldestMs: 180_000 }],
  problems: [],
}
const WIDE = { columns: 120, rows: null, colour: false }
const rates = { ...counters(0), accepted: 12.34, closed: 3, messagesReceived: 4_321.4 }

test('a frame has all that is asked for', () => {
  const frame = frameOf({ glance: GLANCE, rates, drainTotal: 0 }, WIDE)
  assert.deepEqual(frame, [
    'serving on 127.0.0.1 port 8080, version 3, up 90s (holdfast 0.1.0, Node v24.1.0)',
    '12,000 connections   arrivals 12/s   departures 3/s   messages in 4,321/s   out 0/s',
    '',
    'worker   pid  version  state    for  connections   memory  heap  loop late  busy  retained',
    '0       4242        3  serving   2h        6,000  128 MiB  90 %      61 ms  34 %        12',
    '1       4243        3  serving   2h        6,000  128 MiB  90 %          –     –         –',
    'retained: 12 × connection of /chat/:room, the oldest for 3m',
    '',
    'route          open  opening  draining  moving  closing',
    '/chat/:room  11,990        1         0       0        2',
    '/news            10        0         0       0        0',
  ])
})

test('a reload, a drain and what is wrong', () => {
  const progress = { generation: 4, slot: 0, step: 1, steps: 2, phase: 'moving', moved: 50, total: 100 } as const
  const lines = (glance: Partial<Glance>, drainTotal = 0): string =>
    frameOf({ glance: { ...GLANCE, ...glance }, rates: null, drainTotal }, WIDE).join('\n')
  assert.match(lines({ progress }), /\[#{12}\.{12}\] reload: worker 1 of 2: 50 of 100 moved/)
  assert.match(
    lines({ state: 'draining', ready: false, connections: 25 }, 100),
    /^draining on .*\n25 connections .*\n\[#{18}\.{6}\] drain: 25 of 100 connections are left/,
  )
  assert.match(lines({ problems: ['the ledger does not balance: accepted'] }), /^! the ledger does not balance/m)
  assert.match(lines({}), /arrivals –/)
})

test('rates are per second, and a service that was started anew has none below nothing', () => {
  assert.equal(ratesOf({ ...GLANCE, counters: counters(80) }, GLANCE, 4).accepted, 5)
  assert.equal(ratesOf({ ...GLANCE, counters: counters(500) }, GLANCE, 1).accepted, 0)
  assert.equal(ratesOf(GLANCE, GLANCE, 0).accepted, 0)
})

test('whatever the width and height, no line is longer and no line too many', () => {
  const glance = { ...GLANCE, processes: Array.from({ length: 30 }, (_, slot) => ({ ...WORKER, slot })) }
  for (let columns = 12; columns < 130; columns++) {
    for (const rows of [3, 8, 20, 50]) {
      const frame = frameOf({ glance, rates, drainTotal: 0 }, { columns, rows, colour: false })
      for (const line of frame) assert.ok([...line].length <= columns, `${columns}: ${line}`)
      assert.ok(frame.length <= rows, `${rows} rows`)
    }
  }
  const narrow = frameOf({ glance, rates, drainTotal: 0 }, { columns: 40, rows: 24, colour: false }).join('\n')
  assert.match(narrow, /^worker {2}state {4}connections {3}memory$/m)
  assert.match(narrow, /^… \d+ more$/m)
  assert.match(narrow, /^route/m)
})

test('colours are where they are wanted, and change no width', () => {
  const plain = frameOf({ glance: GLANCE, rates, drainTotal: 0 }, WIDE)
  const coloured = frameOf({ glance: GLANCE, rates, drainTotal: 0 }, { ...WIDE, colour: true })
  assert.ok(!plain.join('').includes('\x1b'))
  assert.ok(coloured.join('').includes('\x1b[31m 90 %\x1b[0m') || coloured.join('').includes('\x1b[31m90 %\x1b[0m'))
  assert.deepEqual(coloured.map(stripVTControlCharacters), plain)
})

test('tables, cut lines and times', () => {
  const columns = [
    { head: 'name', rank: 0, cell: ({ name }: { name: string }) => name },
    { head: 'n', right: true as const, rank: 1, cell: () => '1' },
  ]
  assert.deepEqual(table(columns, [{ name: 'ä'.repeat(5) }], 20, false), ['name   n', 'äääää  1'])
  assert.deepEqual(table(columns, [{ name: 'ä'.repeat(5) }], 4, false), ['name', 'äää…'])
  assert.deepEqual([cut('abc', 3), cut('abcd', 3), cut('abcd', 0)], ['abc', 'ab…', ''])
  assert.deepEqual([59_000, 119_000, 120_000, 7_200_000, 172_800_000].map(ago), ['59s', '119s', '2m', '2h', '2d'])
})
