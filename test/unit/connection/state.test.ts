import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Wheel } from '../../../src/base/wheel.ts'
import { type State, type StateName, transition } from '../../../src/connection/state.ts'
import { ENDINGS } from '../../../src/protocol/ending.ts'
import { ManualClock } from '../../support/manual-clock.ts'

const NAMES: readonly StateName[] = ['open', 'draining', 'closing', 'closed']
const POSSIBLE = new Set(['open to draining', 'open to closing', 'draining to closing', 'closing to closed'])

function setUp(from: StateName): {
  life: { state: State } & Parameters<typeof transition>[0]
  make(name: StateName): State
  moves: string[]
  fired(): number
  clock: ManualClock
} {
  const clock = new ManualClock()
  const wheel = new Wheel(clock, () => {})
  const moves: string[] = []
  let fired = 0
  const make = (name: StateName): State => {
    const ending = ENDINGS.serverClosed
    const deadline = wheel.after(1_000, () => fired++)
    if (name === 'open') return { name }
    if (name === 'draining') return { name, ending, deadline, received: false }
    if (name === 'closing') return { name, ending, deadline, step: 'handshake', sent: false, received: false }
    return { name, ending }
  }
  const ledger = { connectionMoved: (a: StateName, b: StateName) => void moves.push(`${a} to ${b}`) }
  return { life: { state: make(from), context: { wheel, ledger } }, make, moves, fired: () => fired, clock }
}

test('every pair of states: possible moves happen and are counted, impossible ones throw and change nothing', () => {
  for (const from of NAMES) {
    for (const to of NAMES) {
      const { life, make, moves } = setUp(from)
      const before = life.state
      const next = make(to)
      if (POSSIBLE.has(`${from} to ${to}`)) {
        transition(life, next)
        assert.equal(life.state, next)
        assert.deepEqual(moves, [`${from} to ${to}`])
      } else {
        assert.throws(() => transition(life, next), { message: `impossible move: ${from} to ${to}` })
        assert.equal(life.state, before)
        assert.deepEqual(moves, [])
      }
    }
  }
})

test('leaving a state that waits disarms its deadline', () => {
  for (const [from, to] of [
    ['draining', 'closing'],
    ['closing', 'closed'],
  ] as const) {
    const { life, make, fired, clock } = setUp(from)
    transition(life, make(to))
    clock.advance(5_000)
    assert.equal(fired(), 1, `${from} to ${to}: only the deadline of the new state`)
  }
})
