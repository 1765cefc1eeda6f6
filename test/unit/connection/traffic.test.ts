import assert from 'node:assert/strict'
import test from 'node:test'
import { HANDLER_SECONDS, Traffic } from '../../../src/connection/traffic.ts'

/** What was counted of `/a` and `/b` by handlers that each take so long, and how often the clock was read for it. */
function traffic() {
  let [nowMs, readings] = [1_000, 0]
  const counted = new Traffic(() => {
    readings++
    return nowMs
  })
  return {
    counted,
    pass: (ms: number) => {
      nowMs += ms
    },
    run(route: string, ms: number) {
      const beganAt = counted.handlerBegins(route)
      nowMs += ms
      counted.handlerReturned(route, beganAt)
    },
    get readings() {
      return readings
    },
    /** How many of a route were at most so long, and the sum in ms. */
    of(route: string) {
      const { counts, sum } = counted.routes()[route]?.handlers ?? { counts: [], sum: 0 }
      const byBound = Object.fromEntries(counts.map((count, at) => [HANDLER_SECONDS[at] ?? 'more', count]))
      return {
        byBound: Object.fromEntries(Object.entries(byBound).filter(([, count]) => count > 0)),
        ms: round(sum * 1_000),
      }
    },
  }
}

function round(value: number): number {
  return Math.round(value * 1_000) / 1_000
}

test('quick handlers of one read are timed together: all are counted, the sum is right, the clock is hardly read', () => {
  const one = traffic()
  one.counted.readBegins('/a')
  for (let at = 0; at < 40; at++) one.run('/a', 0.01)
  one.counted.readEnds()
  assert.deepEqual(one.of('/a'), { byBound: { 0.001: 40 }, ms: 0.4 })
  assert.equal(one.readings, 6)
})

test('what passes between two reads is in no handler', () => {
  const one = traffic()
  for (let at = 0; at < 3; at++) {
    one.counted.readBegins('/a')
    one.pass(0.5)
    one.run('/a', 0.1)
    one.counted.readEnds()
    one.pass(10_000)
  }
  assert.deepEqual(one.of('/a'), { byBound: { 0.001: 3 }, ms: 0.3 })
})

test('a slow one among quick ones is found', () => {
  const one = traffic()
  one.counted.readBegins('/a')
  for (const ms of [0.01, 0.01, 40, 0.01]) one.run('/a', ms)
  one.counted.readEnds()
  assert.deepEqual(one.of('/a'), { byBound: { 0.001: 3, 0.05: 1 }, ms: 40.03 })
})

test('where all are slow they are timed one by one from the second few on, and together again when they are quick', () => {
  const one = traffic()
  one.counted.readBegins('/a')
  for (let at = 0; at < 16 + 100; at++) one.run('/a', 4)
  // Of the first 16 one is said to have taken all of it.
  assert.deepEqual(one.of('/a').byBound, { 0.001: 15, 0.005: 100, 0.1: 1 })
  for (let at = 0; at < 1 + 2 + 4 + 8; at++) one.run('/a', 0.01)
  const before = one.readings
  for (let at = 0; at < 160; at++) one.run('/a', 0.01)
  assert.equal(one.readings - before, 20)
})

test('outside of a read, and for another route within one, each is timed for itself', () => {
  const one = traffic()
  one.run('/a', 7)
  one.counted.readBegins('/a')
  const beganAt = one.counted.handlerBegins('/a')
  one.run('/b', 20)
  one.pass(3)
  one.counted.handlerReturned('/a', beganAt)
  one.counted.readEnds()
  assert.deepEqual(one.of('/b'), { byBound: { 0.025: 1 }, ms: 20 })
  assert.deepEqual(one.of('/a'), { byBound: { 0.01: 1, 0.025: 1 }, ms: 30 })
})

test('one that runs another of its route while all are slow: both are counted with their own time', () => {
  const one = traffic()
  one.counted.readBegins('/a')
  for (let at = 0; at < 16; at++) one.run('/a', 4)
  const { ms } = one.of('/a')
  const beganAt = one.counted.handlerBegins('/a')
  one.run('/a', 4)
  one.pass(4)
  one.counted.handlerReturned('/a', beganAt)
  one.counted.readEnds()
  assert.equal(one.of('/a').ms - ms, 12)
})

test('a promise in a read: what was before it is timed with the read, it for itself', () => {
  const one = traffic()
  one.counted.readBegins('/a')
  one.run('/a', 0.01)
  const beganAt = one.counted.handlerBegins('/a')
  one.counted.readEnds()
  one.pass(300)
  one.counted.handled('/a', beganAt)
  assert.deepEqual(one.of('/a'), { byBound: { 0.001: 1, 0.5: 1 }, ms: 300.02 })
})
