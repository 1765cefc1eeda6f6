/** `holdfast status`, `reload` and `drain`: what they ask a running supervisor, what they print, how they exit. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ask, CHANGE } from '../../support/admin-client.ts'
import { holdfast } from '../../support/command-line.ts'
import { NumberedPeers } from '../../support/numbered-peers.ts'
import { AppFolder, ECHO, supervise } from '../../support/supervised.ts'

function lastLine(out: string): Record<string, unknown> {
  return JSON.parse(out.trim().split('\n').at(-1) ?? '')
}

test('status, reload, a reload that fails, drain', async (t) => {
  const folder = new AppFolder(t)
  const run = await supervise(t, folder.write(ECHO), { flags: ['--workers', '2'] })
  const admin = `127.0.0.1:${run.adminPort}`
  const peers = await NumberedPeers.open(t, run.port, 30)
  peers.begin(200)

  const reload = await holdfast(['reload', '--admin', admin])
  assert.match(
    reload.out,
    /^version 2 runs in 2 workers: 30 connections moved, \d+ per second, 0 drained, \d+\.\d s\n$/,
  )
  assert.deepEqual([reload.code, reload.errors], [0, ''])

  const again = await holdfast(['reload', '--admin', admin, '--json', '--node-option=--max-old-space-size=256'])
  assert.equal(again.code, 0)
  assert.equal((lastLine(again.out).report as { moved: number }).moved, 30)
  await peers.settle()
  assert.deepEqual([...peers.problems, ...peers.closed], [])

  folder.write(`throw new Error('no database')\n`)
  const failed = await holdfast(['reload', '--admin', admin])
  assert.equal(failed.code, 1)
  assert.match(failed.errors, /the reload failed: .*no database.*all workers go on as before/)

  const status = await holdfast(['status', '--admin', admin, '--json'])
  const { workers, reloads, reloadsFailed, crashes, totals, connections } = lastLine(status.out) as never as {
    workers: { state: string; generation: number; heapLimitBytes: number }[]
    reloads: number
    reloadsFailed: number
    crashes: number
    connections: number
    totals: Record<string, number>
  }
  assert.deepEqual([status.code, reloads, reloadsFailed, crashes, connections], [0, 2, 1, 0, 30])
  assert.deepEqual(
    workers.map(({ state, generation }) => [state, generation]),
    [
      ['serving', 3],
      ['serving', 3],
    ],
  )
  assert.ok(
    workers.every(({ heapLimitBytes }) => heapLimitBytes < 400 * 2 ** 20),
    'they have the new option',
  )
  // Nothing is forgotten with the workers that left.
  assert.deepEqual([totals.accepted, totals.adopted, totals.moved, totals.messagesReceived], [30, 60, 60, peers.sent])

  const people = await holdfast(['status', '--admin', admin])
  assert.match(people.out, /^serving on 127\.0\.0\.1 port \d+, version 3, 30 connections/)
  assert.match(people.out, /^0 +\d+ +3 +serving/m)

  peers.end()
  const drain = await holdfast(['drain', '--admin', admin])
  assert.deepEqual([drain.code, drain.out], [0, 'drained\n'])
  assert.equal(await run.exitCode(), 0)

  const nobody = await holdfast(['status', '--admin', admin])
  assert.equal(nobody.code, 2)
  assert.match(nobody.errors, /the admin port 127\.0\.0\.1:\d+ does not answer: connect ECONNREFUSED/)
})

test('the admin port: probes for all, the rest with the token, changes with their header', async (t) => {
  const token = 'a token that is long enough'.replaceAll(' ', '-')
  const run = await supervise(t, new AppFolder(t).write(ECHO), { env: { HOLDFAST_ADMIN_TOKEN: token } })
  const bearer = { Authorization: `Bearer ${token}` }
  assert.equal((await ask(run.adminPort, '/healthz')).status, 200)
  assert.equal((await ask(run.adminPort, '/readyz')).status, 200)
  assert.equal((await ask(run.adminPort, '/status')).status, 401)
  assert.equal((await ask(run.adminPort, '/reload', { method: 'POST', headers: CHANGE })).status, 401)
  assert.equal((await ask(run.adminPort, '/reload', { method: 'POST', headers: bearer })).status, 403)
  const wrong = { method: 'POST', headers: { ...CHANGE, ...bearer }, body: '{"nodeOptions":"--x"}' }
  assert.equal((await ask(run.adminPort, '/reload', wrong)).status, 400)
  const admin = `127.0.0.1:${run.adminPort}`
  const without = await holdfast(['status', '--admin', admin], { HOLDFAST_ADMIN_TOKEN: undefined })
  assert.equal(without.code, 2)
  assert.match(without.errors, /401.*set HOLDFAST_ADMIN_TOKEN/)
  assert.equal((await holdfast(['status', '--admin', admin], { HOLDFAST_ADMIN_TOKEN: token })).code, 0)
})
