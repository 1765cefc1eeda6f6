/** A supervisor that is killed: its workers give up the port, finish, and end; the next supervisor takes the port. */
import assert from 'node:assert/strict'
import { mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { until } from '../../support/deadline.ts'
import { openRaw } from '../../support/raw-client.ts'
import { AppFolder, appWith, isThere, PATIENCE_MS, Supervised, supervise } from '../../support/supervised.ts'

const APP = appWith(
  `{
    async message(connection, message) {
      await new Promise((resolve) => setTimeout(resolve, 1_500))
      connection.send('finished ' + message)
    },
  }`,
  '{ drainWindowMs: 100 }',
)

test('workers outlive it until they have drained, and the port is free before that', async (t) => {
  const app = new AppFolder(t).write(APP)
  const run = await supervise(t, app, { flags: ['--workers', '2'] })
  const workers = run.serving
  const client = await openRaw(t, run.port)
  client.text('work')
  run.signal('SIGKILL')
  await run.exit
  const next = new Supervised(t, app, { port: run.port })
  await next.event('started')
  assert.deepEqual(await client.nextTexts(1), ['finished work'])
  assert.equal((await client.closeCode()).code, 1012)
  await until('its workers are gone', () => !workers.some(isThere), PATIENCE_MS)
  const second = await openRaw(t, run.port)
  second.text('again')
  assert.deepEqual(await second.nextTexts(1), ['finished again'])
})

test('a temporary folder whose name is too long for sockets is not used for them', async (t) => {
  const folder = new AppFolder(t)
  const long = join(folder.path, 'x'.repeat(80))
  mkdirSync(long)
  const run = await supervise(t, folder.write(APP), { env: { TMPDIR: long } })
  assert.equal(run.serving.length, 1)
  assert.equal((await run.reload()).event, 'reloaded')
  assert.deepEqual(
    readdirSync(long).filter((name) => name.startsWith('holdfast-')),
    [],
  )
  run.signal('SIGTERM')
  assert.equal(await run.exitCode(), 0)
})

test('nothing is left of it in the temporary folder, whether it ends or is killed', async (t) => {
  const temporary = new AppFolder(t).path
  const app = new AppFolder(t).write(APP)
  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    const run = await supervise(t, app, { env: { TMPDIR: temporary } })
    const workers = run.serving
    assert.ok(
      readdirSync(temporary).some((name) => name.startsWith('holdfast-')),
      'negative control: it has a folder',
    )
    run.signal(signal)
    await run.exit
    await until('its workers are gone', () => !workers.some(isThere), PATIENCE_MS)
    assert.deepEqual(
      readdirSync(temporary).filter((name) => name.startsWith('holdfast-')),
      [],
    )
  }
})
