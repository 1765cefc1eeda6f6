/** The ring of the last hour: a line a minute, never more than sixty, and its end. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { MemoryAccounts } from '../../../../src/diagnose/memory/accounts.ts'
import { MemoryHistory, ROWS_MAX } from '../../../../src/diagnose/memory/history.ts'
import { type Deferred, deferred, turn } from '../../../support/deadline.ts'
import { ManualClock } from '../../../support/manual-clock.ts'

const MINUTE_MS = 60_000

function accounts(v8Used: number): MemoryAccounts {
  return { v8Used, v8Free: 2, code: 3, external: 4, nativeHeap: 5, files: 6, stacks: 7, unexplained: 8 }
}

interface Setup {
  readonly clock: ManualClock
  readonly history: MemoryHistory
  /** Of the readings that were asked for. */
  readonly readings: Deferred<{ accounts: MemoryAccounts }>[]
  /** Lets minutes pass, each with a reading of the next number. */
  minutes(count: number): Promise<void>
}

function setup(): Setup {
  const clock = new ManualClock()
  const readings: Deferred<{ accounts: MemoryAccounts }>[] = []
  const read = () => {
    const reading = deferred<{ accounts: MemoryAccounts }>()
    readings.push(reading)
    return reading.promise
  }
  const history = new MemoryHistory({ clock, read, connections: () => readings.length * 10 })
  const minutes = async (count: number): Promise<void> => {
    for (let passed = 0; passed < count; passed++) {
      clock.advance(MINUTE_MS)
      readings.at(-1)?.resolve({ accounts: accounts(readings.length) })
      await turn()
    }
  }
  return { clock, history, readings, minutes }
}

test('a line a minute, with all there is', async () => {
  const { clock, history, readings, minutes } = setup()
  clock.advance(MINUTE_MS - 1)
  assert.deepEqual([history.rows(), readings.length], [[], 0])
  clock.advance(1)
  readings[0]?.resolve({ accounts: accounts(1) })
  await turn()
  const at = clock.wallNow()
  assert.deepEqual(history.rows(), [{ at, rssBytes: 36, connections: 10, ...accounts(1) }])
  await minutes(2)
  const seen = history.rows().map((row) => [row.at - at, row.v8Used, row.connections])
  assert.deepEqual(seen, [
    [0, 1, 10],
    [MINUTE_MS, 2, 20],
    [2 * MINUTE_MS, 3, 30],
  ])
})

test('the oldest makes room for the newest', async () => {
  const { history, minutes } = setup()
  await minutes(ROWS_MAX)
  assert.equal(history.rows()[0]?.v8Used, 1)
  await minutes(5)
  const used = history.rows().map(({ v8Used }) => v8Used)
  assert.deepEqual(
    used,
    Array.from({ length: ROWS_MAX }, (_, at) => at + 6),
  )
  await minutes(3 * ROWS_MAX)
  assert.deepEqual([history.rows().length, history.rows().at(-1)?.v8Used], [ROWS_MAX, 4 * ROWS_MAX + 5])
})

test('one reading at a time, and one that fails is left out', async () => {
  const { clock, history, readings, minutes } = setup()
  clock.advance(10 * MINUTE_MS)
  assert.deepEqual([readings.length, clock.timers], [1, 0])
  readings[0]?.reject(new Error('no more files'))
  await turn()
  assert.deepEqual([history.rows(), clock.timers], [[], 1])
  await minutes(1)
  assert.equal(history.rows().length, 1)
})

test('after its end nothing is read, and what was under way is dropped', async () => {
  const { clock, history, readings, minutes } = setup()
  await minutes(2)
  clock.advance(MINUTE_MS)
  history.end()
  readings.at(-1)?.resolve({ accounts: accounts(9) })
  await turn()
  clock.advance(10 * MINUTE_MS)
  assert.deepEqual([history.rows().length, readings.length, clock.timers], [2, 3, 0])
  history.end()
})

test('its end between two readings leaves no timer', () => {
  const { clock, history } = setup()
  assert.equal(clock.timers, 1)
  history.end()
  assert.equal(clock.timers, 0)
})
