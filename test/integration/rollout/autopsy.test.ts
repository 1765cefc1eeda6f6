/** After a reload the old worker is looked at before it exits: what is over in it and still held. Nobody waits for it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { holdfast } from '../../support/command-line.ts'
import { until } from '../../support/deadline.ts'
import { NumberedPeers } from '../../support/numbered-peers.ts'
import { AppFolder, appWith, ECHO, PATIENCE_MS, supervise } from '../../support/supervised.ts'
import { visit } from '../doctor/visits.ts'

const KEEPS = `const visitors = new Map()\n${appWith('{ open: (connection) => void visitors.set(connection.id, connection), message: (connection, message) => void connection.send(message) }')}`

interface Autopsy {
  readonly verdict: string
  readonly sentence: string
  readonly left: readonly { readonly kind: string; readonly route: string; readonly count: number }[]
}

test('an app that keeps its connections: the report names what holds them, and no client notices', async (t) => {
  const run = await supervise(t, new AppFolder(t).write(KEEPS))
  const peers = await NumberedPeers.open(t, run.port, 30)
  peers.begin(200)
  await visit(`ws://127.0.0.1:${run.port}/`, 20)
  assert.equal((await run.reload()).event, 'reloaded')
  const { verdict, sentence, left } = (await run.event('autopsy')) as never as Autopsy
  assert.equal(verdict, 'leak', sentence)
  assert.deepEqual(left, [{ kind: 'connection', route: '/', count: 50 }])
  assert.match(
    sentence,
    /^50 connections of \/ left: 50 × connection of \/, over and still held: Map "visitors" \(.*app\.mjs:2\) keeps 50 Connection alive$/,
  )
  const status = await holdfast(['status', '--admin', `127.0.0.1:${run.adminPort}`])
  assert.match(status.out, /^left in worker 0, version 1 \(pid \d+\): leak: 50 connections of \/ left/m)
  await peers.settle()
  assert.deepEqual([...peers.problems, ...peers.closed], [])
  await until('the old worker has gone', () => run.living.length === 1, PATIENCE_MS)
})

test('of an app that keeps nothing, nothing is left, each time; and when it is to end, nobody waits for an autopsy', async (t) => {
  const run = await supervise(t, new AppFolder(t).write(ECHO), { flags: ['--workers', '2'] })
  const peers = await NumberedPeers.open(t, run.port, 20)
  peers.begin(200)
  for (let reload = 0; reload < 3; reload++) {
    await visit(`ws://127.0.0.1:${run.port}/`, 10)
    assert.equal((await run.reload()).event, 'reloaded')
    for (const worker of [0, 1]) {
      const { verdict, sentence } = (await run.event('autopsy', 2 * reload + worker)) as never as Autopsy
      assert.deepEqual([verdict, sentence], ['clean', 'nothing left'])
    }
  }
  await peers.settle()
  assert.deepEqual([...peers.problems, ...peers.closed], [])
  run.signal('SIGTERM')
  assert.equal(await run.exitCode(), 0)
})

test('with autopsyTimeoutMs 0 there is none', async (t) => {
  const run = await supervise(t, new AppFolder(t).write(KEEPS), { flags: ['--autopsy-timeout', '0s'] })
  await visit(`ws://127.0.0.1:${run.port}/`, 10)
  assert.equal((await run.reload()).event, 'reloaded')
  await until('the old worker has gone', () => run.living.length === 1, PATIENCE_MS)
  assert.deepEqual(run.all('autopsy'), [])
})
