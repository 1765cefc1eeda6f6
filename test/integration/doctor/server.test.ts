/** The doctor at a Holdfast server, by its admin port: `POST /debug/snapshot`, the profile `leak`, `holdfast doctor http://…`, by worker too. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { Profile } from 'pprof-format'
import type { Finding } from '../../../src/diagnose/doctor/finding.ts'
import { ask, CHANGE } from '../../support/admin-client.ts'
import { holdfast } from '../../support/command-line.ts'
import { AppFolder, appWith, supervise } from '../../support/supervised.ts'
import { visit } from './visits.ts'

const KEEPS = `const visitors = new Set()\n${appWith('{ open: (connection) => void visitors.add(connection), message: (connection, message) => void connection.send(message) }')}`

test('one worker of two that keeps its connections: the cost first, then who holds them; with a route, and no data of anybody', async (t) => {
  const run = await supervise(t, new AppFolder(t).write(KEEPS), { flags: ['--workers', '2'] })
  const { adminPort, port } = run
  await visit(`ws://127.0.0.1:${port}/?token=in-the-url`, 60)
  const cost = JSON.parse((await ask(adminPort, '/workers/0/debug/snapshot')).body)
  assert.ok(cost.pauseMs > 0 && cost.memoryBytes > cost.heapUsedBytes)
  const unasked = await ask(adminPort, '/workers/0/debug/pprof/leak')
  assert.equal(unasked.status, 409)
  assert.match(unasked.body, /^with \?snapshot=1 this process will stand still for about .*\n$/)
  const byPage = {
    headers: { 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Mode': 'navigate', 'Sec-Fetch-Dest': 'document' },
  }
  assert.equal((await ask(adminPort, '/workers/0/debug/pprof/leak?snapshot=1', byPage)).status, 403)
  assert.equal(
    (await ask(adminPort, '/workers/0/debug/pprof/leak', byPage)).status,
    409,
    'control: a link to what costs nothing',
  )
  assert.equal(
    (await ask(adminPort, '/workers/0/debug/snapshot', { method: 'POST' })).status,
    403,
    'without the header',
  )

  const { code, out, errors } = await holdfast(
    ['doctor', `http://127.0.0.1:${adminPort}/workers/0`, '--yes', '--json'],
    {},
    120_000,
  )
  assert.equal(code, 1, errors)
  assert.ok(!out.includes('in-the-url'))
  const { verdict, held } = JSON.parse(out) as Finding
  const [first] = held
  assert.deepEqual([verdict, first?.kind, first?.route, first?.by], ['leak', 'connection', '/', 'census'])
  assert.ok((first?.count ?? 0) >= 10)
  assert.deepEqual([first?.causes[0]?.holder.name, first?.causes[0]?.holder.kind], ['visitors', 'Set'])
  assert.match(first?.causes[0]?.holder.file ?? '', /app\.mjs$/)

  const several = await holdfast(['doctor', `http://127.0.0.1:${adminPort}`, '--yes'])
  assert.equal(several.code, 2)
  assert.match(several.errors, /there are the workers 0, 1: wanted \/workers\/N\/debug\/snapshot/)
})

test('the profile `leak` of a server in its own process: the stack is the path; nothing of a healthy one', async (t) => {
  const { admin } = await import('../../../src/ops/index.ts')
  const { serve } = await import('../../support/serving.ts')
  for (const isBroken of [true, false]) {
    const visitors = new Set<unknown>()
    const server = await serve(t, {
      route: {
        open: (connection) => void (isBroken && visitors.add(connection)),
        message: (connection, message) => void connection.send(message),
      },
    })
    const { port } = await admin(server, { port: 0 })
    await visit(`ws://127.0.0.1:${server.port}/`, 30)
    const answer = await fetch(`http://127.0.0.1:${port}/debug/pprof/leak?snapshot=1`, {
      signal: AbortSignal.timeout(120_000),
    })
    const { sample, stringTable } = Profile.decode(gunzipSync(Buffer.from(await answer.arrayBuffer())))
    const mine = sample.filter(({ label }) =>
      label.some(({ str }) => stringTable.strings[Number(str)] === 'connection'),
    )
    assert.deepEqual(
      mine.map(({ value }) => Number(value[0])),
      isBroken ? [30] : [],
    )
    assert.equal((await ask(port, '/debug/snapshot', { headers: CHANGE })).status, 200)
    if (isBroken) assert.equal(visitors.size, 30)
    await server.close()
  }
})
