/** What is looked at again and again takes no more than its share of the time. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Paced } from '../../../../src/ops/live/paced.ts'
import { turn } from '../../../support/deadline.ts'
import { ManualClock } from '../../../support/manual-clock.ts'

test('what took 5 ms of 1 % is not taken again before 500 ms have passed', () => {
  const clock = new ManualClock()
  let taken = 0
  const paced = new Paced(clock, 0.01, () => {
    clock.stick(5)
    return ++taken
  })
  assert.deepEqual([paced.latest, paced.due], [null, true])
  paced.refresh()
  assert.deepEqual([paced.latest, paced.due, paced.tookMs], [1, false, 5])
  clock.advance(499)
  paced.refresh()
  assert.equal(paced.latest, 1)
  clock.advance(1)
  paced.refresh()
  assert.equal(paced.latest, 2)
})

test('one that takes a while is there for whoever asks next, is never taken twice at once, and may fail', async () => {
  const clock = new ManualClock()
  const waiting: { resolve(value: string): void; reject(reason: Error): void }[] = []
  const paced = new Paced<string>(clock, 0.1, () => new Promise((resolve, reject) => waiting.push({ resolve, reject })))
  paced.refresh()
  paced.refresh()
  assert.deepEqual([waiting.length, paced.latest], [1, null])
  clock.stick(10)
  waiting[0]?.resolve('first')
  await turn()
  assert.deepEqual([paced.latest, paced.due], ['first', false])
  clock.advance(100)
  paced.refresh()
  waiting[1]?.reject(new Error('no'))
  await turn()
  assert.deepEqual([waiting.length, paced.latest], [2, 'first'], 'what was known before stays')
})
