/** The budget of what waits for all slow readers: who is counted, who is dealt with, and that nobody stays in it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Wheel } from '../../../src/base/wheel.ts'
import { Backlog } from '../../../src/connection/backlog.ts'
import type { Life } from '../../../src/connection/life.ts'
import { OutboxBudget } from '../../../src/connection/outbox-budget.ts'
import { drained } from '../../../src/connection/sending.ts'
import { OPEN, type State } from '../../../src/connection/state.ts'
import { ManualClock } from '../../support/manual-clock.ts'

interface Fake {
  readonly life: Life
  readonly drops: number[]
  /** What its socket has not taken. */
  inSocket: number
  state: State
}

interface World {
  readonly clock: ManualClock
  readonly wheel: Wheel
  readonly budget: OutboxBudget
  /** With so much in its socket, and so many messages of 872 bytes (1,000 with what keeping them costs) behind it. */
  add(slow: 'end' | 'drop-oldest' | 'drop-newest', inSocket: number, messages?: number): Fake
}

function world(bytesMax: number): World {
  const clock = new ManualClock()
  const wheel = new Wheel(clock, () => {})
  const budget = new OutboxBudget(bytesMax, wheel)
  const add: World['add'] = (slow, inSocket, messages = 0) => {
    const backlog = new Backlog()
    const fake = { inSocket, state: OPEN as State, drops: [] as number[] }
    const outbox = {
      backlog,
      counted: 0,
      get bytes() {
        return fake.inSocket + backlog.bytes
      },
      end: () => void backlog.clear(),
    }
    const life = {
      outbox,
      options: { slow, closeTimeoutMs: 1_000 },
      ...{ route: { path: '/' }, connection: { openedAt: 0 }, timeline: null },
      deadline: { owner: null },
      socket: { destroyed: true },
      quiet: () => budget.ending(life as unknown as Life),
      get state() {
        return fake.state
      },
      set state(state: State) {
        fake.state = state
      },
      context: {
        events: {
          wanted: () => true,
          emit: (_: string, { messages: count }: { messages: number }) => fake.drops.push(count),
        },
        ledger: { messageDropped: () => {}, connectionMoved: () => {} },
        ...{ wheel: { arm: () => {}, cancel: () => {} }, wallNow: () => 0 },
        outboxBudget: budget,
      },
    } as unknown as Life
    for (let count = 0; count < messages; count++) backlog.add({ frame: Buffer.alloc(872), late: null, key: undefined })
    budget.settle(life)
    return Object.assign(fake, { life })
  }
  return { clock, wheel, budget, add }
}

test('counts what waits while it waits; the sweep sees what nobody announces, and stops when nobody is slow', () => {
  const { clock, wheel, budget, add } = world(100_000)
  const [one, two] = [add('end', 10_000), add('end', 5_000)]
  assert.deepEqual([budget.bytes, budget.left, budget.slowCount], [15_000, 85_000, 2])
  one.inSocket = 12_000
  budget.settle(one.life)
  assert.equal(budget.bytes, 17_000)
  one.inSocket = 0
  two.inSocket = 1
  clock.advance(100)
  assert.deepEqual([budget.bytes, budget.slowCount], [1, 1])
  assert.equal(wheel.size, 1)
  budget.forget(two.life)
  assert.deepEqual([budget.bytes, budget.slowCount, wheel.size], [0, 0, 0])
})

test('when it is spent, the slowest go first and no more than needed: ended, or their messages dropped', () => {
  const { budget, add } = world(100_000)
  const small = add('end', 10_000)
  const large = add('end', 40_000)
  const drops = add('drop-oldest', 0, 30)
  const promised = add('drop-newest', 15_000)
  assert.equal(budget.hasRoom(5_000), true)
  assert.equal(large.state.name, 'open', 'there was room')
  assert.equal(budget.hasRoom(10_000), true)
  assert.equal(large.state.name, 'closing')
  assert.deepEqual([small.state.name, drops.drops, promised.state.name], ['open', [], 'open'])
  assert.equal(budget.bytes, 55_000)
  assert.equal(budget.hasRoom(50_000), true)
  assert.deepEqual(drops.drops, [30])
  assert.deepEqual([drops.state.name, small.state.name, budget.bytes], ['open', 'open', 25_000])
})

test('who was read since the last look is not dealt with', () => {
  const { budget, add } = world(100_000)
  const [read, slow] = [add('end', 60_000), add('end', 38_000)]
  read.inSocket = 0
  assert.equal(budget.hasRoom(10_000), true)
  assert.deepEqual([read.state.name, slow.state.name], ['open', 'open'])
})

test('what cannot be had is not asked for again before the next sweep', () => {
  const { clock, budget, add } = world(100_000)
  add('drop-newest', 99_000)
  assert.equal(budget.hasRoom(2_000), false)
  const late = add('drop-oldest', 0, 5)
  assert.equal(budget.hasRoom(0), false)
  assert.deepEqual(late.drops, [])
  clock.advance(100)
  assert.deepEqual(late.drops, [5], 'the sweep itself sees that it is over')
  assert.equal(budget.hasRoom(500), true)
})

test('a turn that was offered more than the kernel took is noticed without another message', () => {
  const { clock, budget, add } = world(100_000)
  const all = [add('end', 50_000), add('end', 60_000), add('end', 20_000)]
  assert.equal(budget.bytes, 130_000)
  clock.advance(100)
  assert.deepEqual(
    all.map(({ state }) => state.name),
    ['open', 'closing', 'open'],
  )
})

test('drained: true when nothing waits any more; false when it ends, also if nothing waits then; forgotten is false', async () => {
  const { clock, budget, add } = world(100_000)
  const [read, ending, closing, lost] = [add('end', 10), add('end', 10), add('end', 10), add('end', 10)]
  const answers = [read, ending, closing, lost].map(({ life }) => drained(life, undefined))
  const second = drained(read.life, undefined)
  read.inSocket = 0
  budget.ending(ending.life)
  assert.equal(budget.bytes, 40, 'what is in its socket still counts')
  closing.state = { name: 'closing', ending: {} as never, step: 'join', sent: false, received: false }
  closing.inSocket = 0
  budget.forget(lost.life)
  clock.advance(100)
  assert.deepEqual(await Promise.all([...answers, second]), [true, false, false, false, true])
  assert.equal(budget.waiterCount, 0)
  ending.inSocket = 0
  clock.advance(100)
  assert.deepEqual([budget.slowCount, budget.bytes], [0, 0])
})

test('drained: who has given up waiting is forgotten, however long the reader takes', async () => {
  const { budget, add } = world(100_000)
  const { life } = add('end', 10)
  const reason = new Error('enough')
  for (let count = 0; count < 100; count++) {
    const controller = new AbortController()
    const waits = drained(life, controller.signal)
    assert.equal(budget.waiterCount, 1)
    controller.abort(reason)
    await assert.rejects(waits, reason)
    assert.equal(budget.waiterCount, 0)
  }
  const waits = [drained(life, undefined), drained(life, AbortSignal.timeout(60_000))]
  const controller = new AbortController()
  const other = drained(life, controller.signal)
  controller.abort(reason)
  await assert.rejects(other, reason)
  assert.equal(budget.waiterCount, 1, 'the others wait on')
  budget.ending(life)
  assert.deepEqual(await Promise.all(waits), [false, false])
})

test('who is released does not come back, though its socket never says that it let go of what it had', () => {
  const { clock, wheel, budget, add } = world(100_000)
  const { life } = add('end', 10)
  budget.forget(life)
  life.state = { name: 'closed', ending: {} as never }
  // The flush of the turn in which it was released is still to come.
  budget.settle(life)
  assert.deepEqual([budget.slowCount, budget.bytes, wheel.size], [0, 0, 0])
  clock.advance(1_000)
  assert.equal(wheel.size, 0)
})
