/** Whether a supervisor is ready, watched by a clock of the test: announced when it changes, and neither for its start nor for its end. */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { Events } from '../../../src/base/events.ts'
import { ReadyWatch, type WatchedSupervisor } from '../../../src/ops/health/ready-watch.ts'
import { QUIET_LOOKS_MAX } from '../../../src/ops/health/supervisor-health.ts'
import type { RolloutEvents } from '../../../src/rollout/rollout-events.ts'
import type { RolloutStatus } from '../../../src/rollout/rollout-status.ts'
import { ManualClock } from '../../support/manual-clock.ts'

type Worker = Pick<RolloutStatus['workers'][number], 'slot' | 'state' | 'quietLooks' | 'notReady'>

const FINE: Worker = { slot: 0, state: 'serving', quietLooks: 0, notReady: [] }
const FULL: Worker = { ...FINE, notReady: [{ reason: 'over limit', detail: 'connectionsMax' }] }

function watched(t: TestContext) {
  const clock = new ManualClock()
  const events = new Events<RolloutEvents>((_, thrown) => {
    throw thrown
  })
  const said: string[] = []
  events.on('notReady', ({ reasons }) => said.push(`not ready: ${reasons.join('; ')}`))
  events.on('ready', ({ notReadyMs }) => said.push(`ready after ${notReadyMs}`))
  let now: { state: RolloutStatus['state']; workers: Worker[] } = { state: 'starting', workers: [] }
  const supervisor = { events, ready: true, status: () => ({ ...now, givenUp: [] }) } as unknown as WatchedSupervisor
  const watch = new ReadyWatch(supervisor, clock)
  t.after(() => watch.end())
  return {
    ...{ clock, events },
    /** What is announced within so many seconds, when it is so. */
    in(seconds: number, state: RolloutStatus['state'], ...workers: Worker[]): string[] {
      now = { state, workers }
      for (let second = 0; second < seconds; second++) clock.advance(1_000)
      return said.splice(0)
    },
  }
}

test('it is announced once when no worker lets anybody in, with the reasons, and once when one does again', (t) => {
  const watch = watched(t)
  assert.deepEqual(watch.in(3, 'starting'), [])
  assert.deepEqual(watch.in(3, 'serving', FINE, { ...FULL, slot: 1 }), [], 'one is enough')
  assert.deepEqual(watch.in(3, 'serving', FULL, { ...FULL, slot: 1 }), [
    'not ready: worker 0: over limit: connectionsMax; worker 1: over limit: connectionsMax',
  ])
  assert.deepEqual(watch.in(2, 'reloading', FULL, { ...FINE, slot: 1 }), ['ready after 3000'])
  assert.deepEqual(watch.in(2, 'serving', { ...FINE, quietLooks: QUIET_LOOKS_MAX }), [
    `not ready: worker 0: stuck: its event loop has not turned for about ${QUIET_LOOKS_MAX} s`,
  ])
  assert.deepEqual(watch.in(2, 'draining', { ...FINE, state: 'draining' }), [])
})

test('that all drain because they were told to is no news; nor is a worker that is replaced', (t) => {
  const watch = watched(t)
  assert.deepEqual(watch.in(2, 'reloading', { ...FINE, state: 'draining' }, FINE), [])
  assert.deepEqual(watch.in(2, 'draining', { ...FINE, state: 'draining' }), [])
  assert.deepEqual(watch.in(2, 'serving'), ['not ready: no worker: no worker takes connections now'], 'control')
})

test('it ends with the supervisor, and its timer with it', (t) => {
  const watch = watched(t)
  assert.equal(watch.clock.timers, 1)
  watch.events.emit('ended', { reason: '', failed: false })
  assert.equal(watch.clock.timers, 0)
})
