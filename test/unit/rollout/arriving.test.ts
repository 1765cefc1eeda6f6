/** The new side of a handoff, with what the old side says as plain calls. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Arriving } from '../../../src/rollout/arriving.ts'
import { LANE, type LaneOwner } from '../../../src/rollout/lane.ts'
import { type Deferred, deferred, turn } from '../../support/deadline.ts'
import { ManualClock } from '../../support/manual-clock.ts'

/** What it says, and what it is told. */
class OldSide {
  readonly said: [kind: number, value: unknown][] = []
  readonly committed: string[] = []
  /** Adoptions that wait; the others are done at once. */
  readonly slow = new Map<string, Deferred<void>>()
  readonly arriving: Arriving
  readonly #owner: LaneOwner

  constructor() {
    let owner: LaneOwner | null = null
    this.arriving = new Arriving({
      lane: {
        begin: (given) => {
          owner = given
        },
        send: (kind, payload) => void this.said.push([kind, Buffer.from(payload).toString()]),
        sendJson: (kind, value) => void this.said.push([kind, value]),
      },
      arrivals: {
        size: 0,
        expect() {},
        adopt: (id) => this.slow.get(id)?.promise ?? Promise.resolve(),
        commit: (id) => void this.committed.push(id),
        abandon() {},
        forget() {},
      },
      broker: { sync: () => Promise.resolve() },
      clock: new ManualClock(),
      oldPid: 1,
      isAlive: () => true,
    })
    this.arriving.begin()
    assert.ok(owner !== null)
    this.#owner = owner
  }

  send(...ids: string[]): void {
    for (const id of ids) this.#owner.laneOnFrame(LANE.arrives, Buffer.from(id), {})
  }

  say(kind: number, value?: unknown): void {
    this.#owner.laneOnFrame(kind, Buffer.from(value === undefined ? '' : JSON.stringify(value)), null)
  }
}

test('a batch is answered when all of it has been sent, in one word', async () => {
  const old = new OldSide()
  old.send('a')
  await turn()
  old.send('b', 'c')
  await turn()
  assert.deepEqual(old.said, [])
  old.say(LANE.sent)
  await turn()
  assert.deepEqual(old.said, [[LANE.adopted, ['a', 'b', 'c']]])
  old.say(LANE.sent)
  await turn()
  assert.equal(old.said.length, 1)
  old.say(LANE.commit, ['a', 'c'])
  assert.deepEqual(old.committed, ['a', 'c'])
})

test('one that takes longer is told of when it is here, and holds up no other', async () => {
  const old = new OldSide()
  const [slow, failing] = [deferred(), deferred()]
  old.slow.set('slow', slow).set('failing', failing)
  old.send('slow', 'failing', 'fast')
  old.say(LANE.sent)
  await turn()
  assert.deepEqual(old.said.splice(0), [[LANE.adopted, ['fast']]])
  slow.resolve()
  failing.reject(new Error('no'))
  await turn()
  await turn()
  assert.deepEqual(
    old.said.sort(([a], [b]) => a - b),
    [
      [LANE.adopted, ['slow']],
      [LANE.refused, { id: 'failing', reason: 'no' }],
    ],
  )
})

test('given up before it was asked for: what has come in is said at once', async () => {
  const old = new OldSide()
  old.send('here')
  await turn()
  old.say(LANE.abandon, ['here', 'never'])
  assert.deepEqual(old.said, [
    [LANE.adopted, ['here']],
    [LANE.abandoned, 'never'],
  ])
})
