/**
 * The clients of the drill `reload` against an ordinary server: they see that all is well, and, as the control, each thing that
 * a server can do wrong.
 */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { failures } from '../verdict.ts'
import { SHAPES } from './drill-socket.ts'
import type { Fault } from './faults.ts'
import { drillReload, type ReloadOptions, withServer } from './reload.ts'
import { Durations, Sequence } from './sequence.ts'

const SHORT: ReloadOptions = {
  ...{ name: 'echo', connections: 40, intervalMs: 100, shape: 'whole', bytes: 64 },
  // A timed bar is for the drill itself.
  ...{ bars: null, seconds: 1.5, settleMs: 5_000 },
}
const ROOM: ReloadOptions = { ...SHORT, name: 'rooms', connections: 20, publishers: 5 }

function run(options: ReloadOptions, fault: Fault = 'none'): Promise<string[]> {
  const path = options.publishers === undefined ? '/echo' : '/room/drill'
  return withServer(fault, async (url) => failures(await drillReload(options, { url: `${url}${path}` })))
}

test('a sequence knows what is missing, came twice or came late', () => {
  const sequence = new Sequence()
  for (const number of [0, 1, 3, 2, 3, 600]) sequence.came(number)
  assert.deepEqual([sequence.lost(4), sequence.lost(6), sequence.repeated, sequence.outOfOrder], [0, 2, 1, 1])
  assert.deepEqual([sequence.isServed(4), sequence.isServed(5), sequence.isServed(601)], [true, false, true])
})

test('durations have an exact longest, and quantiles that are never too low', () => {
  const durations = new Durations()
  for (let ms = 1; ms <= 100; ms++) durations.add(ms - 0.5)
  assert.deepEqual([durations.quantile(0.5), durations.quantile(0.99), durations.longestMs], [50, 99, 99.5])
  assert.equal(new Durations().quantile(0.99), 0)
})

describe('an ordinary server', { concurrency: 2 }, () => {
  for (const shape of SHAPES) {
    test(`echoes all that comes ${shape}`, async () => {
      const failed = await run({ ...SHORT, shape })
      // How quick this machine is, is asked in the drill itself.
      assert.deepEqual(
        failed.filter((line) => !line.startsWith('messages sent')),
        [],
      )
    })
  }

  test('passes everything to all members of a room', async () => {
    assert.deepEqual(await run(ROOM), [])
  })

  test('what happens meanwhile has its say', async () => {
    const verdict = await withServer('none', (url) =>
      drillReload(SHORT, {
        url: `${url}/echo`,
        act: () =>
          Promise.resolve({ checks: [{ what: 'x', wanted: '1', seen: '2', holds: false }], numbers: { y: 3 } }),
      }),
    )
    assert.deepEqual([failures(verdict), verdict.numbers.y], [['x: 2, 1'], 3])
  })
})

describe('control: a server that does it wrong is found', { concurrency: 2 }, () => {
  const echo: [Fault, RegExp][] = [
    ['lose', /^lost: \d+, 0$/m],
    ['repeat', /^repeated: \d+, 0$/m],
    ['swap', /^out of order: \d+, 0$/m],
    ['alter', /^that nobody had sent: \d+, 0$/m],
    ['cut', /^ended by the other side: \{"1012":\d+\}, \{\}$/m],
    ['hang', /^connections that hang: 1, 0$/m],
  ]
  for (const [fault, found] of echo) {
    test(`echo: ${fault}`, async () => {
      assert.match((await run({ ...SHORT, settleMs: 1_000 }, fault)).join('\n'), found)
    })
  }
  for (const [fault, found] of echo.slice(0, 4)) {
    test(`room: ${fault}`, async () => {
      assert.match((await run({ ...ROOM, seconds: 3, settleMs: 1_000 }, fault)).join('\n'), found)
    })
  }

  test('late, by a bar', async () => {
    const bars = { longestMs: 600, p99Ms: 60_000 }
    assert.match((await run({ ...SHORT, bars }, 'late')).join('\n'), /^longest round trip: \d+ ms, at most 600 ms$/m)
  })

  test('a URL where nobody is', async () => {
    await assert.rejects(drillReload(SHORT, { url: 'ws://127.0.0.1:1/' }), /ECONNREFUSED/)
    await withServer('none', (url) => assert.rejects(drillReload(SHORT, { url: `${url}/nowhere` }), /404/))
  })
})
