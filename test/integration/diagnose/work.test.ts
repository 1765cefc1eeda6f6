/** Work: what connections of a real server hold and run, where that comes from, and what waits for ever. */
import assert from 'node:assert/strict'
import { EventEmitter } from 'node:events'
import { type TestContext, test } from 'node:test'
import { Work, type WorkGroup } from '../../../src/diagnose/work/work.ts'
import type { Server } from '../../../src/index.ts'
import { INTERNALS } from '../../../src/server/internals.ts'
import { turn, until } from '../../support/deadline.ts'
import { openRaw } from '../../support/raw-client.ts'
import { serve } from '../../support/serving.ts'

declare const gc: () => void

function workOf(t: TestContext, server: Server): Work {
  const work = new Work(server[INTERNALS], () => performance.now())
  t.after(() => work.end())
  return work
}

/** Kind, name, count, and the function whose line was seen. */
function brief(groups: readonly Omit<WorkGroup, 'oldestMs' | 'ageMs'>[]): unknown[] {
  return groups.map(({ route, kind, name, count, lines }) => {
    return [route, kind, name, count, lines.map((line) => `${line.function} ${line.file.split('/').at(-1)}`).join()]
  })
}

/** The call of `route()` that these tests share. */
const declared = 'makeServer serving.ts'
const never = (): Promise<void> => new Promise(() => {})

test('what scopes hold is listed by route, kind and name, with the line it comes from', async (t) => {
  const emitter = new EventEmitter()
  const held: ((reason?: unknown) => void)[] = []
  const server = await serve(t, {
    route: {
      open(connection) {
        connection.scope.every(60_000, () => {}, 'poll')
        connection.scope.listen(emitter, 'news', () => {})
        const inner = connection.scope.fork('inner')
        inner.defer(() => {}, 'close file')
        void connection.task('sync', () => new Promise((resolve) => held.push(resolve)))
      },
    },
  })
  const work = workOf(t, server)
  const clients = await Promise.all(Array.from({ length: 3 }, () => openRaw(t, server.port)))
  await until('all are open', () => held.length === 3)
  const line = 'open work.test.ts'
  assert.deepEqual(brief(work.report().held), [
    ['/', 'defer', 'close file', 3, line],
    ['/', 'listener', 'listener for "news"', 3, line],
    ['/', 'task', 'sync', 3, line],
    ['/', 'timer', 'poll', 3, line],
  ])
  for (const resolve of held) resolve()
  for (const client of clients) client.destroy()
  await until('all have gone', () => server.connections.size === 0)
  assert.deepEqual(work.report(), { held: [], running: [], left: [], abandoned: [], namesWithoutLine: 0 })
})

test('handlers that run, that are past their deadline, and that have outlived their connection', async (t) => {
  const waiting: (() => void)[] = []
  const server = await serve(t, {
    ...{ handlerTimeoutMs: 100, closeTimeoutMs: 400 },
    route: { message: () => new Promise<void>((resolve) => waiting.push(resolve)) },
  })
  server.on('error', () => {})
  const work = workOf(t, server)
  const client = await openRaw(t, server.port)
  client.text('takes its time')
  await until('it runs', () => work.report().running.length === 1)
  assert.deepEqual(brief(work.report().running), [['/', 'handler', 'message', 1, declared]])
  await until('it is overdue', () => work.report().running[0]?.overdue === 1)
  await client.gone()
  await until('it is left', () => work.report().left.length === 1)
  assert.deepEqual(brief(work.report().left), [['/', 'handler', 'message', 1, declared]])
  assert.deepEqual(work.report().running, [])
  assert.ok(work.report().left[0]!.oldestMs < 60_000)
  for (const resolve of waiting) resolve()
  await until('it has finished', () => work.report().left.length === 0)
  await settle()
  assert.deepEqual(work.report().abandoned, [])
})

test('a task, or a handler, that waits for what can never come is found; one that somebody could end is not', async (t) => {
  const kept: (() => void)[] = []
  const server = await serve(t, {
    ...{ handlerTimeoutMs: 50, closeTimeoutMs: 100 },
    route: {
      open(connection) {
        void connection.task('for ever', async () => {
          await never()
        })
        void connection.task('held', () => new Promise<void>((resolve) => kept.push(resolve)))
      },
      message: () => never(),
    },
  })
  server.on('error', () => {})
  const work = workOf(t, server)
  const client = await openRaw(t, server.port)
  client.text('never answered')
  await client.gone()
  for (let round = 0; round < 20 && work.report().abandoned.length < 2; round++) await settle()
  const found = work.report().abandoned.toSorted((a, b) => (a.kind < b.kind ? -1 : 1))
  assert.deepEqual(brief(found), [
    ['/', 'handler', 'message', 1, declared],
    ['/', 'task', 'for ever', 1, 'open work.test.ts'],
  ])
  assert.deepEqual(work.report().left, [])
  for (const resolve of kept) resolve()
})

/** Time enough for what was collected to be told. */
async function settle(): Promise<void> {
  gc()
  await turn()
  gc()
  await turn()
}
