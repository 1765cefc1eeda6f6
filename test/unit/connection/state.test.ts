import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Deadline, Wheel } from '../../../src/base/wheel.ts'
import {
  type ClosedState,
  isServed,
  type Leave,
  type MovedState,
  OPEN,
  type State,
  type Stateful,
  type StateName,
  transition,
} from '../../../src/connection/state.ts'
import { ENDINGS } from '../../../src/protocol/ending.ts'
import { ManualClock } from '../../support/manual-clock.ts'

const NAMES: readonly StateName[] = ['open', 'draining', 'moving', 'moved', 'closing', 'closed']
const WAITING: readonly StateName[] = ['open', 'draining', 'moving', 'closing']
const POSSIBLE = new Set([
  ...['open to open', 'open to draining', 'open to closing', 'open to moving'],
  ...['draining to closing', 'moving to open', 'moving to moved', 'closing to closed'],
])

const NOBODY: Leave = { leaveOnDue() {}, leaveOnEnding() {}, leaveOnSocketClosed() {} }

class Counting extends Deadline {
  fired = 0

  constructor() {
    super({ deadlineOnDue: () => void this.fired++ })
  }
}

function stateOf(name: StateName): State {
  const ending = ENDINGS.serverClosed
  if (name === 'open') return OPEN
  if (name === 'moving') return { name, leave: NOBODY, wish: null }
  if (name === 'moved') return { name }
  if (name === 'draining') return { name, ending, received: false }
  if (name === 'closing') return { name, ending, step: 'handshake', sent: false, received: false }
  return { name, ending }
}

interface Setting {
  readonly life: Stateful
  readonly deadline: Counting
  readonly clock: ManualClock
  readonly moves: string[]
}

function setUp(from: StateName): Setting {
  const clock = new ManualClock()
  const wheel = new Wheel(clock, () => {})
  const moves: string[] = []
  const ledger = { connectionMoved: (a: StateName, b: StateName) => void moves.push(`${a} to ${b}`) }
  const deadline = new Counting()
  wheel.arm(deadline, 1_000)
  return { life: { state: stateOf(from), deadline, context: { wheel, ledger } }, deadline, clock, moves }
}

/** Any move at all, with a deadline where the new state waits; the types allow only those that make sense. */
function move(life: Stateful, to: StateName): void {
  const waits = WAITING.includes(to)
  ;(transition as (life: Stateful, next: State, withinMs?: number) => void)(life, stateOf(to), waits ? 500 : undefined)
}

test('every pair of states: possible moves happen and are counted, impossible ones throw and change nothing', () => {
  for (const from of NAMES) {
    for (const to of NAMES) {
      const { life, moves, deadline, clock } = setUp(from)
      const before = life.state
      if (POSSIBLE.has(`${from} to ${to}`)) {
        move(life, to)
        assert.equal(life.state.name, to)
        assert.deepEqual(moves, [`${from} to ${to}`])
      } else {
        assert.throws(() => move(life, to), { message: `impossible move: ${from} to ${to}` })
        assert.equal(life.state, before)
        assert.deepEqual(moves, [])
        clock.advance(900)
        assert.equal(deadline.fired, 0, 'the deadline of the state it is still in stands')
      }
    }
  }
})

test('open and frozen is open, but not served', () => {
  for (const name of NAMES) assert.equal(isServed(stateOf(name)), name === 'open')
  assert.equal(isServed({ name: 'open', leave: NOBODY }), false)
})

test('a move arms the deadline of the new state in place of the old one; closed and moved have none', () => {
  const { life, deadline, clock } = setUp('open')
  move(life, 'draining')
  clock.advance(400)
  move(life, 'closing')
  clock.advance(400)
  assert.equal(deadline.fired, 0)
  clock.advance(200)
  assert.equal(deadline.fired, 1)
  for (const [from, to] of [
    ['closing', 'closed'],
    ['moving', 'moved'],
  ] as const) {
    const last = setUp(from)
    transition(last.life, stateOf(to) as ClosedState | MovedState)
    last.clock.advance(5_000)
    assert.equal(last.deadline.fired, 0)
    assert.equal(last.clock.timers, 0)
  }
})
