/** What the workers of `holdfast run` answer through its admin port: `/workers/N/debug/…`, and `/debug/…` when there is one. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ConnectionList } from '../../../src/diagnose/timeline/timelines.ts'
import type { WorkReport } from '../../../src/diagnose/work/work.ts'
import { ask } from '../../support/admin-client.ts'
import { until } from '../../support/deadline.ts'
import { openRaw } from '../../support/raw-client.ts'
import { AppFolder, appWith, supervise } from '../../support/supervised.ts'

const POLLS = appWith(`{ hold: (connection) => void connection.scope.every(60_000, () => {}, 'poll prices') }`)

async function workOf(port: number, path: string): Promise<WorkReport> {
  const { status, body } = await ask(port, path)
  assert.equal(status, 200, body)
  return JSON.parse(body)
}

/** How many connections hold the timer, by that answer. */
function polls({ held }: WorkReport): number {
  return held.find(({ name }) => name === 'poll prices')?.count ?? 0
}

test('each of two workers is asked by its number', async (t) => {
  const run = await supervise(t, new AppFolder(t).write(POLLS), { flags: ['--workers', '2'] })
  await Promise.all(Array.from({ length: 8 }, () => openRaw(t, run.port)))
  const { adminPort } = run
  const both = async (): Promise<number> =>
    polls(await workOf(adminPort, '/workers/0/debug/work')) + polls(await workOf(adminPort, '/workers/1/debug/work'))
  assert.equal(await both(), 8)
  const outcome = await run.reload()
  assert.equal(outcome.event, 'reloaded')
  assert.equal(await both(), 8, 'the new workers answer')

  const refusals: readonly (readonly [path: string, status: number, line: RegExp])[] = [
    ['/debug/pprof/heap', 400, /^there are the workers 0, 1: wanted \/workers\/N\/debug\/pprof\/heap\n$/],
    ['/debug/snapshot', 400, /^there are the workers 0, 1: wanted \/workers\/N\/debug\/snapshot\n$/],
    ['/debug/connections?state=odd', 400, /^wanted a state of/],
    ['/debug/connections/nobody', 404, /^no connection with this id/],
    ['/workers/7/debug/work', 404, /^no worker 7: there are 0, 1\n$/],
    ['/workers/x/debug/work', 404, /^no worker x: there are 0, 1\n$/],
    ['/workers/0/debug/nothing', 404, /^no such path\n$/],
  ]
  for (const [path, status, line] of refusals) {
    const given = await ask(adminPort, path)
    assert.equal(given.status, status, path)
    assert.match(given.body, line)
  }
})

test('what can be said of several is asked of all at once; one that is stuck or unknown takes nothing from the others', async (t) => {
  const run = await supervise(t, new AppFolder(t).write(POLLS), { flags: ['--workers', '2'] })
  await Promise.all(Array.from({ length: 8 }, () => openRaw(t, run.port)))
  const all = async <Told>(path: string): Promise<Told[]> => {
    const { status, body } = await ask(run.adminPort, path)
    assert.equal(status, 200, body)
    return Object.values(JSON.parse(body).workers)
  }
  const work = await all<WorkReport>('/debug/work')
  assert.deepEqual([work.length, work.reduce((sum, one) => sum + polls(one), 0)], [2, 8])
  for (const path of ['/debug/memory', '/debug/census', '/debug/ledger'])
    assert.equal((await all(path)).length, 2, path)
  const lists = await all<ConnectionList>('/debug/connections?state=open&limit=10')
  const ids = lists.flatMap(({ present }) => present.map(({ id }) => id))
  assert.deepEqual([lists.length, ids.length], [2, 8])
  const known = await all<{ readonly id: string }>(`/debug/connections/${ids[0]}`)
  assert.deepEqual(
    known.map(({ id }) => id),
    [ids[0]],
    'only the worker that has it answers',
  )

  const [stuck = 0] = run.serving
  process.kill(stuck, 'SIGSTOP')
  try {
    const told = await all<{ readonly error?: string; readonly open?: number }>('/debug/ledger')
    assert.match(told.find(({ error }) => error !== undefined)?.error ?? '', /it has said nothing for 5000 ms/)
    assert.equal(told.filter(({ open }) => open !== undefined).length, 1)
  } finally {
    process.kill(stuck, 'SIGCONT')
  }
})

test('one worker is asked without its number; with lines of the app, and the kernel if that is wanted', async (t) => {
  const run = await supervise(t, new AppFolder(t).write(POLLS))
  await openRaw(t, run.port)
  await until('there is a worker', () => run.serving.length === 1)
  const { held } = await workOf(run.adminPort, '/debug/work')
  assert.match(held.find(({ name }) => name === 'poll prices')?.lines[0]?.file ?? '', /app\.mjs$/)
  const { body } = await ask(run.adminPort, '/debug/ledger?kernel=1')
  const { open, kernel } = JSON.parse(body)
  assert.deepEqual([open, kernel.imbalances], [1, []])
})

test('when a worker is killed, the next one answers', async (t) => {
  const run = await supervise(t, new AppFolder(t).write(POLLS))
  const [worker = 0] = run.serving
  process.kill(worker, 'SIGKILL')
  await until('another serves', () => run.serving.length === 1 && run.serving[0] !== worker)
  assert.equal((await ask(run.adminPort, '/debug/ledger')).status, 200)
})
