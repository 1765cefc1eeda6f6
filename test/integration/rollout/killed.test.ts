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

const PEERS = 300
/** It takes its time, so that there are moments to be killed in. */
const ECHO = appWith(`{
  upgrade: () => ({}),
  message: (connection, message) => void connection.send(message),
  handoff: {
    save: (connection) => connection.data,
    restore: async (data) => { await new Promise((resolve) => setTimeout(resolve, 5)); return data },
  },
}`)

type Victim = 'old' | 'new' | 'supervisor'

interface Scene {
  readonly run: Supervised
  readonly peers: NumberedPeers
  readonly moved: number
}

/** Kills when so many have moved. */
async function killAt(t: TestContext, victim: Victim, share: number): Promise<Scene> {
  const run = await supervise(t, new AppFolder(t).write(ECHO))
  const peers = await NumberedPeers.open(t, run.port, PEERS)
  const old = run.serving[0]!
  peers.begin(200)
  run.signal('SIGHUP')
  const moving = (): Said | undefined =>
    run.all('progress').find(({ phase, moved }) => phase === 'moving' && Number(moved) >= share * PEERS)
  await until('so many have moved', () => moving() !== undefined, PATIENCE_MS)
  const next = run.serving.find((pid) => pid !== old)!
  process.kill({ old, new: next, supervisor: run.pid }[victim], 'SIGKILL')
  return { run, peers, moved: Number(moving()?.moved) }
}

for (const share of [0.1, 0.5]) {
  test(`the old worker, when ${share * 100} % have moved: those are served, the others have seen their end`, async (t) => {
    const { run, peers, moved } = await killAt(t, 'old', share)
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

  test(`the new worker, when ${share * 100} % have moved: the others never noticed`, async (t) => {
    const { run, peers, moved } = await killAt(t, 'new', share)
    const outcome = await run.event('reloadFailed')
    assert.equal(outcome.reason, 'the new worker died: it was ended by SIGKILL')
    await peers.settle()
    await peers.answer()
    assert.deepEqual(peers.problems, [])
    // What moved between the report and the end has died with it: three batches at most.
    assert.ok(
      peers.closed.length >= moved && peers.closed.length <= moved + 300,
      `${peers.closed.length} are closed, ${moved} had moved`,
    )
    assert.ok(peers.closed.length < PEERS)
    assert.equal(run.serving.length, 1)
    assert.equal(run.all('crash').length, 0)
  })
}

test('the supervisor: both workers drain, and every client is told when to come back', async (t) => {
  const { run, peers } = await killAt(t, 'supervisor', 0.3)
  const workers = run.all('worker').map(({ pid }) => Number(pid))
  await until('all are closed', () => peers.closed.length === PEERS, PATIENCE_MS)
  assert.deepEqual([...new Set(peers.closed)], [1012])
  assert.deepEqual(peers.problems, [])
  await until('its workers are gone', () => !workers.some(isThere), PATIENCE_MS)
})
