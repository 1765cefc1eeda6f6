import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemClock } from '../../../src/base/clock.ts'
import { Deadline, Wheel } from '../../../src/base/wheel.ts'
import { ManualClock } from '../../support/manual-clock.ts'

const REVOLUTION_MS = 512 * 20

function setUp(startsAt = 1_000_003.7): { clock: ManualClock; wheel: Wheel; stalls: number[] } {
  const clock = new ManualClock(startsAt)
  const stalls: number[] = []
  return { clock, wheel: new Wheel(clock, (stalledMs) => stalls.push(stalledMs)), stalls }
}

test('a deadline fires once, not before its time and at most one tick after', () => {
  for (const delayMs of [0, 1, 19, 20, 21, 99, 100, 101, 999, 10_219, 10_240, 10_241, 60_000]) {
    const { clock, wheel } = setUp()
    const started = clock.now()
    const firedAt: number[] = []
    wheel.after(delayMs, () => firedAt.push(clock.now() - started))
    clock.advance(delayMs + 41)
    assert.equal(firedAt.length, 1, `${delayMs} ms: fired ${firedAt.length} times`)
    assert.ok(firedAt[0]! >= delayMs && firedAt[0]! <= delayMs + 40, `${delayMs} ms: fired after ${firedAt[0]}`)
    clock.advance(2 * REVOLUTION_MS)
    assert.equal(firedAt.length, 1)
    assert.equal(wheel.size, 0)
  }
})

test('deadlines fire in the order they are due, over more than one revolution', () => {
  const { clock, wheel } = setUp()
  const fired: number[] = []
  const delays = Array.from({ length: 200 }, (_, index) => ((index * 7919) % 200) * 200)
  for (const delayMs of delays) wheel.after(delayMs, () => fired.push(delayMs))
  clock.advance(41_000)
  assert.deepEqual(
    fired,
    [...delays].sort((a, b) => a - b),
  )
})

test('a delay of several revolutions does not fire in an earlier one', () => {
  const { clock, wheel } = setUp()
  let fired = 0
  wheel.after(3 * REVOLUTION_MS + 5, () => fired++)
  clock.advance(3 * REVOLUTION_MS)
  assert.equal(fired, 0)
  clock.advance(60)
  assert.equal(fired, 1)
})

test('a cancelled deadline does not fire, and cancelling again does nothing', () => {
  const { clock, wheel } = setUp()
  let fired = 0
  const deadline = wheel.after(100, () => fired++)
  assert.equal(deadline.armed, true)
  wheel.cancel(deadline)
  wheel.cancel(deadline)
  assert.equal(deadline.armed, false)
  assert.equal(wheel.size, 0)
  clock.advance(1_000)
  assert.equal(fired, 0)
})

test('arming an armed deadline moves it', () => {
  const { clock, wheel } = setUp()
  let fired = 0
  const deadline = wheel.after(100, () => fired++)
  wheel.arm(deadline, 1_000)
  assert.equal(wheel.size, 1)
  clock.advance(900)
  assert.equal(fired, 0)
  clock.advance(200)
  assert.equal(fired, 1)
})

test('a callback may cancel others that are due in the same tick', () => {
  const { clock, wheel } = setUp()
  const fired: string[] = []
  wheel.after(100, () => {
    fired.push('first')
    wheel.cancel(second)
  })
  const second = wheel.after(100, () => fired.push('second'))
  wheel.after(100, () => fired.push('third'))
  clock.advance(200)
  assert.deepEqual(fired, ['first', 'third'])
  assert.equal(wheel.size, 0)
})

test('a callback may arm itself again, any number of times', () => {
  const { clock, wheel } = setUp()
  let fired = 0
  const again = new Deadline({
    deadlineOnDue(): void {
      fired++
      if (fired < 50) wheel.arm(again, 30)
    },
  })
  wheel.arm(again, 30)
  clock.advance(50 * 60)
  assert.equal(fired, 50)
  assert.equal(clock.timers, 0)
})

test('a delay of 0 armed from a callback fires in the next tick, also on the very edge of one', () => {
  for (const startsAt of [0, 20, 40.5, 1_000]) {
    const { clock, wheel } = setUp(startsAt)
    let fired = 0
    wheel.after(60_000, () => {})
    wheel.after(100, () => wheel.after(0, () => fired++))
    clock.advance(200)
    assert.equal(fired, 1, `clock starts at ${startsAt}`)
  }
})

test('100,000 deadlines: all fire, none twice, and the wheel is empty after', () => {
  const { clock, wheel } = setUp()
  let fired = 0
  const deadlines = Array.from({ length: 100_000 }, (_, index) => wheel.after((index * 31) % 30_000, () => fired++))
  for (let index = 0; index < deadlines.length; index += 10) wheel.cancel(deadlines[index]!)
  assert.equal(wheel.size, 90_000)
  clock.advance(30_100)
  assert.equal(fired, 90_000)
  assert.equal(wheel.size, 0)
})

test('there is one timer while anything is armed, and none while nothing is', () => {
  const { clock, wheel } = setUp()
  assert.equal(clock.timers, 0)
  for (let count = 0; count < 10; count++) wheel.after(500 + count, () => {})
  assert.equal(clock.timers, 1)
  clock.advance(600)
  assert.equal(clock.timers, 0)
  wheel.after(50, () => {})
  clock.advance(100)
  assert.equal(clock.timers, 0)
})

test('a gap in which the process was stuck is left out: nobody is judged by it', () => {
  const { clock, wheel, stalls } = setUp()
  let fired = 0
  wheel.after(1_000, () => fired++)
  clock.advance(400)
  clock.stick(60_000)
  clock.advance(0)
  assert.equal(stalls.length, 1)
  assert.ok(stalls[0]! > 59_800 && stalls[0]! <= 60_000, `stalled ${stalls[0]}`)
  assert.equal(fired, 0)
  clock.advance(500)
  assert.equal(fired, 0)
  clock.advance(250)
  assert.equal(fired, 1)
  assert.ok(Math.abs(wheel.stalledMs - 60_000) <= 200)
})

test('a gap is noticed by arming as well, before the timer has had its turn', () => {
  const { clock, wheel, stalls } = setUp()
  wheel.after(500, () => {})
  clock.advance(100)
  const before = wheel.now
  clock.stick(10_000)
  wheel.after(500, () => {})
  assert.equal(stalls.length, 1)
  assert.ok(wheel.now - before <= 200, `awake time went on by ${wheel.now - before} ms`)
})

test('a callback that is itself stuck is a gap too, whatever it arms', () => {
  const { clock, wheel, stalls } = setUp()
  wheel.after(10_000, () => {})
  wheel.after(100, () => {
    clock.stick(60_000)
    wheel.after(50, () => {})
  })
  const before = wheel.now
  clock.advance(300)
  assert.equal(stalls.length, 1)
  assert.ok(wheel.now - before <= 500, `awake time went on by ${wheel.now - before} ms`)
})

test('awake time never goes back', () => {
  const { clock, wheel, stalls } = setUp()
  wheel.after(10_000, () => {})
  let before = wheel.now
  for (const stuckMs of [90, 200, 60, 1_000, 240, 100, 5]) {
    clock.stick(stuckMs)
    wheel.cancel(wheel.after(5_000, () => {}))
    assert.ok(wheel.now >= before, `from ${before} to ${wheel.now} after ${stuckMs} ms`)
    before = wheel.now
  }
  assert.ok(stalls.every((stalledMs) => stalledMs >= 0))
})

test('small delays of the process are not a gap', () => {
  const { clock, wheel, stalls } = setUp()
  wheel.after(10_000, () => {})
  for (let round = 0; round < 20; round++) {
    clock.stick(200)
    clock.advance(1)
  }
  assert.deepEqual(stalls, [])
})

test('the wheel wakes at least every 100 ms while anything is armed, to notice a gap', () => {
  const { clock, wheel } = setUp()
  wheel.after(3_600_000, () => {})
  for (let round = 0; round < 50; round++) {
    clock.advance(100)
    assert.ok(clock.now() - wheel.now <= 100, 'awake time is at most 100 ms old')
  }
})

test('end: nothing fires after it, armed before or later', () => {
  const { clock, wheel } = setUp()
  let fired = 0
  const deadline = wheel.after(100, () => fired++)
  wheel.end()
  assert.equal(deadline.armed, false)
  assert.equal(clock.timers, 0)
  wheel.after(10, () => fired++)
  clock.advance(1_000)
  assert.equal(fired, 0)
  assert.equal(wheel.size, 0)
  assert.equal(clock.timers, 0)
})

test('end called from a callback: those due in the same tick do not fire', () => {
  const { clock, wheel } = setUp()
  const fired: string[] = []
  wheel.after(100, () => {
    fired.push('first')
    wheel.end()
  })
  wheel.after(100, () => fired.push('second'))
  clock.advance(1_000)
  assert.deepEqual(fired, ['first'])
  assert.equal(wheel.size, 0)
})

test('on the system clock it fires, and never keeps the process alive by itself', async () => {
  const wheel = new Wheel(systemClock, () => {})
  const keepAlive = setInterval(() => {}, 1_000)
  const started = performance.now()
  await new Promise<void>((resolve) => wheel.after(50, resolve))
  clearInterval(keepAlive)
  assert.ok(performance.now() - started >= 50)
  wheel.after(3_600_000, () => {})
  assert.ok(!process.getActiveResourcesInfo().includes('Timeout'), 'the timer is unreferenced')
  wheel.end()
})
