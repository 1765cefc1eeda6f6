/**
 * One of the three processes is killed in the middle of a reload. Afterwards every connection is with one worker and in order,
 * or its client has seen its end; nobody hangs, and nothing comes twice.
 */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { until } from '../../support/deadline.ts'
import { NumberedPeers } from '../../support/numbered-peers.ts'
import {
  AppFolder,
  appWith,
  isThere,
  PATIENCE_MS,
  type Said,
  type Supervised,
  supervise,
} from '../../support/supervised.ts'

/** More than the quick ones and all that can be on their way with them. */
const PEERS = 400
const QUICK = 64
/** How long the new worker takes for those behind the first: so long there is a moment to be killed in. */
const SLOW_MS = 2_000

/** The first move at once, the others take their time. */
const ECHO = `let count = 0\n${appWith(`{
  upgrade: () => ({}),
  message: (connection, message) => void connection.send(message),
  handoff: {
    save: (connection) => connection.data,
    async restore(data) {
      if (++count > ${QUICK}) await new Promise((resolve) => setTimeout(resolve, ${SLOW_MS}))
      return data
    },
  },
}`)}`

type Victim = 'old' | 'new' | 'supervisor'

interface Scene {
  readonly run: Supervised
  readonly peers: NumberedPeers
  readonly moved: number
}

/** Kills when the quick ones have moved, and others are on their way. */
async function killMidway(t: TestContext, victim: Victim): Promise<Scene> {
  const run = await supervise(t, new AppFolder(t).write(ECHO))
  const peers = await NumberedPeers.open(t, run.port, PEERS)
  const old = run.serving[0]!
  peers.begin(200)
  run.signal('SIGHUP')
  const moving = (): Said | undefined =>
    run.all('progress').find(({ phase, moved }) => phase === 'moving' && Number(moved) > 0)
  await until('some have moved', () => moving() !== undefined, PATIENCE_MS)
  const next = run.serving.find((pid) => pid !== old)!
  process.kill({ old, new: next, supervisor: run.pid }[victim], 'SIGKILL')
  return { run, peers, moved: Number(moving()?.moved) }
}

test('the old worker: what has moved and what was on its way is served, the others have seen their end', async (t) => {
  const { run, peers, moved } = await killMidway(t, 'old')
  const outcome = await run.event('reloaded')
  assert.match(JSON.stringify(outcome.slots), /it was ended by SIGKILL/)
  await peers.settle()
  await peers.answer()
  assert.deepEqual(peers.problems, [])
  const left = PEERS - peers.closed.length
  assert.ok(left >= moved && left < PEERS, `${left} are left, ${moved} had moved`)
  assert.ok(peers.closed.every((code) => code === 1006))
  assert.equal(run.serving.length, 1)
})

test('the new worker: what has moved has seen its end, the others never noticed', async (t) => {
  const { run, peers, moved } = await killMidway(t, 'new')
  const outcome = await run.event('reloadFailed')
  assert.equal(outcome.reason, 'the new worker died: it was ended by SIGKILL')
  await peers.settle()
  await peers.answer()
  assert.deepEqual(peers.problems, [])
  assert.equal(peers.closed.length, moved)
  assert.equal(run.serving.length, 1)
  assert.equal(run.all('crash').length, 0)
})

test('the supervisor: both workers drain, and every client is told when to come back', async (t) => {
  const { run, peers } = await killMidway(t, 'supervisor')
  const workers = run.all('worker').map(({ pid }) => Number(pid))
  await until('all are closed', () => peers.closed.length === PEERS, PATIENCE_MS)
  assert.deepEqual([...new Set(peers.closed)], [1012])
  assert.deepEqual(peers.problems, [])
  await until('its workers are gone', () => !workers.some(isThere), PATIENCE_MS)
})
