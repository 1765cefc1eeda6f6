/** A gate: how many are inside, in which order the rest comes in, and what happens to those who give up. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Gate, type Waiter } from '../../../src/resilience/gate.ts'

test('so many inside, so many behind, then nobody', () => {
  const gate = new Gate(2, 1)
  assert.deepEqual([gate.enter(), gate.enter(), gate.enter()], [true, true, false])
  assert.equal(gate.full, false)
  assert.notEqual(
    gate.wait(() => {}),
    null,
  )
  assert.equal(gate.full, true)
  assert.equal(
    gate.wait(() => assert.fail('it was never let wait')),
    null,
  )
  assert.deepEqual([gate.inside, gate.waiting], [2, 1])
  gate.leave()
  assert.deepEqual([gate.inside, gate.waiting, gate.full], [2, 0, false])
  gate.leave()
  gate.leave()
  assert.equal(gate.inside, 0)
})

test('in the order they came, without those who gave up; giving up twice or late changes nothing', () => {
  const gate = new Gate(1, 100)
  gate.enter()
  const came: number[] = []
  const waiters: (Waiter | null)[] = []
  for (let number = 0; number < 6; number++) waiters.push(gate.wait(() => came.push(number)))
  waiters[0]?.giveUp()
  waiters[3]?.giveUp()
  waiters[3]?.giveUp()
  assert.equal(gate.waiting, 4)
  for (let left = 0; left < 4; left++) gate.leave()
  assert.deepEqual(came, [1, 2, 4, 5])
  waiters[1]?.giveUp()
  assert.deepEqual([gate.inside, gate.waiting], [1, 0])
})

test('nobody overtakes who waits', () => {
  const gate = new Gate(1, 10)
  gate.enter()
  let overtook: boolean | null = null
  gate.wait(() => {
    overtook = gate.enter()
  })
  gate.wait(() => {})
  gate.leave()
  assert.equal(overtook, false)
})

test('100,000 that go out as soon as they come in: one after the other, no deep stack', () => {
  const gate = new Gate(1, 100_000)
  gate.enter()
  let came = 0
  for (let number = 0; number < 100_000; number++) {
    gate.wait(() => {
      came++
      gate.leave()
    })
  }
  gate.leave()
  assert.deepEqual([came, gate.inside, gate.waiting], [100_000, 0, 0])
})
