/** Points and hours of several processes are added up to one. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { addRows, pointOf } from '../../../../src/ops/live/point.ts'
import type { ProcessLook } from '../../../../src/ops/live/wire.ts'

const ACCOUNTS = { v8Used: 1, v8Free: 2, code: 3, external: 4, nativeHeap: 5, files: 6, stacks: 7, unexplained: 8 }

function lookOf(open: number, accepted: number, isRead = true): ProcessLook {
  const counts = { draining: 1, closing: 0, moving: 0, opening: 2, refused: 0, failed: 0, closed: 5, moved: 0 }
  const messages = { messagesReceived: 10, messagesSent: 20, messagesDropped: 0 }
  return {
    ...{ pid: open, uptimeMs: 1, loop: { p50Ms: 1, p99Ms: open, maxMs: open * 2, busy: 0 }, costMs: {} },
    server: { ledger: { open, accepted, ...counts, ...messages }, census: { report: null } },
    memory: { rssBytes: 100, heapUsedBytes: 50, reading: isRead ? { accounts: ACCOUNTS } : null },
  } as unknown as ProcessLook
}

test('states and counters are sums, the delay is that of the worst', () => {
  const point = pointOf(7, [lookOf(3, 30), lookOf(4, 40)], null, true)
  assert.deepEqual([point.at, point.open, point.draining, point.opening, point.accepted], [7, 7, 2, 4, 70])
  assert.deepEqual([point.loopP99Ms, point.loopMaxMs, point.rssBytes, point.retained], [4, 8, 200, null])
  assert.deepEqual([point.accounts?.v8Used, point.accounts?.unexplained], [2, 16])
})

test('counters that somebody keeps go before, and accounts that are old, or not there for all, are left out', () => {
  assert.equal(pointOf(7, [lookOf(3, 30)], { accepted: 99 }, true).accepted, 99)
  assert.equal(pointOf(7, [lookOf(3, 30)], null, false).accounts, null)
  assert.equal(pointOf(7, [lookOf(3, 30), lookOf(3, 30, false)], null, true).accounts, null)
  assert.deepEqual([pointOf(7, [], null, true).loopP99Ms, pointOf(7, [], null, true).open], [null, 0])
})

test('hours are added up where all have a row', () => {
  const row = (at: number, connections: number) => ({ at, rssBytes: 36, connections, ...ACCOUNTS })
  const added = addRows([
    [row(0, 1), row(60_000, 2)],
    [row(61_000, 3), row(120_000, 4)],
  ])
  assert.deepEqual(
    added.map(({ at, connections, rssBytes, v8Used }) => [at, connections, rssBytes, v8Used]),
    [[60_000, 5, 72, 2]],
  )
  assert.deepEqual(addRows([]), [])
})
