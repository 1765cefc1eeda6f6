/** The system's clock: its timers keep nothing of whoever sets them. Control: those of Node do. */
import assert from 'node:assert/strict'
import { AsyncLocalStorage } from 'node:async_hooks'
import { test } from 'node:test'
import { type Clock, systemClock } from '../../../src/base/clock.ts'
import { Wheel } from '../../../src/base/wheel.ts'
import { within } from '../../support/deadline.ts'

const storage = new AsyncLocalStorage<string>()
const plain: Clock = {
  ...systemClock,
  after(delayMs, fn) {
    const timer = setTimeout(fn, delayMs)
    return { cancel: () => clearTimeout(timer) }
  },
}

/** What a deadline finds in the storage when a request has set the wheel's timer. */
async function seen(clock: Clock): Promise<string | undefined> {
  const wheel = new Wheel(clock, () => {})
  const hold = systemClock.hold()
  try {
    return await within(
      'the deadline',
      new Promise((resolve) => {
        storage.run('of a request', () => wheel.after(1, () => resolve(storage.getStore())))
      }),
    )
  } finally {
    hold.cancel()
    wheel.end()
  }
}

test('a callback does not run in the storage of whoever set the timer', async () => {
  assert.equal(await seen(systemClock), undefined)
  assert.equal(await seen(plain), 'of a request')
})
