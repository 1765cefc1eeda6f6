/** What only looks but costs, on the admin port: not for pages of elsewhere, and snapshots one at a time. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemClock } from '../../../src/base/clock.ts'
import type { AdminRequest } from '../../../src/ops/admin-routes.ts'
import { admin } from '../../../src/ops/index.ts'
import { SnapshotRoutes } from '../../../src/ops/snapshot-routes.ts'
import { ask, CHANGE, statusOf } from '../../support/admin-client.ts'
import { turn, until } from '../../support/deadline.ts'
import { serve } from '../../support/serving.ts'

test('a page of elsewhere gets nothing, by a link nothing that costs; who is asked by a tool or by a person does', async (t) => {
  const server = await serve(t, { route: {} })
  const { port } = await admin(server, { port: 0 })
  const own = `http://127.0.0.1:${port}`
  const pages: Record<string, string>[] = [
    { Origin: 'http://evil.example' },
    { Origin: 'null' },
    { Origin: 'http://127.0.0.1:3000' },
    { 'Sec-Fetch-Site': 'cross-site' },
    { 'Sec-Fetch-Site': 'same-site' },
  ]
  const costly = [
    ...['/debug/census?gc=1', '/debug/ledger?kernel=1', '/debug/memory', '/debug/pprof/tasks'],
    ...['/debug/pprof/heap?seconds=1', '/debug/pprof/allocs?seconds=1', '/debug/pprof/profile?seconds=1'],
  ]
  for (const path of [...costly, '/debug/pprof/heap', '/debug/pprof/profile', '/debug/pprof/leak?snapshot=1']) {
    for (const headers of pages) {
      const { status, body } = await ask(port, path, { headers })
      assert.equal(status, 403, `${path} ${JSON.stringify(headers)}`)
      assert.match(body, /^a page of elsewhere must not ask/)
    }
    assert.equal(await statusOf(port, path, { method: 'HEAD', headers: pages[0] as Record<string, string> }), 403, path)
  }
  for (const path of costly) {
    for (const headers of [{}, { Origin: own, 'Sec-Fetch-Site': 'same-origin' }, { 'Sec-Fetch-Site': 'none' }]) {
      assert.equal(await statusOf(port, path, { headers }), 200, `control: ${path} ${JSON.stringify(headers)}`)
    }
  }
  // A link to what costs little is followed, and that is all that a page of elsewhere can do.
  const link = { 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Mode': 'navigate', 'Sec-Fetch-Dest': 'document' }
  const others: Record<string, string>[] = [
    ...pages,
    { ...link, 'Sec-Fetch-Mode': 'no-cors', 'Sec-Fetch-Dest': 'image' },
    { ...link, 'Sec-Fetch-Dest': 'iframe' },
    { ...link, Origin: 'http://evil.example' },
  ]
  const cheap = ['/', '/status', '/metrics', '/debug/census', '/debug/connections', '/debug/ledger', '/debug/look']
  for (const path of [...cheap, '/debug/work', '/debug/pprof/', '/debug/snapshot']) {
    for (const headers of others) {
      assert.equal(await statusOf(port, path, { headers }), 403, `${path} ${JSON.stringify(headers)}`)
    }
    for (const headers of [link, {}, { Origin: own, 'Sec-Fetch-Site': 'same-origin' }]) {
      assert.equal(await statusOf(port, path, { headers }), 200, `control: ${path} ${JSON.stringify(headers)}`)
    }
  }
  assert.equal(await statusOf(port, '/debug/pprof/leak', { headers: link }), 409, 'it says what it would cost')
  assert.equal(await statusOf(port, '/debug/pprof/leak?snapshot=1', { headers: link }), 403, 'but not by a link')
  assert.equal(await statusOf(port, '/readyz', { headers: pages[0] as Record<string, string> }), 200, 'a probe')
})

test('of two that ask for a snapshot at the same time, one gets it', async (t) => {
  const server = await serve(t, { route: {} })
  const { port } = await admin(server, { port: 0, answerTimeoutMs: 120_000 })
  const asked = [1, 2].map(() =>
    fetch(`http://127.0.0.1:${port}/debug/snapshot`, {
      ...{ method: 'POST', headers: CHANGE, signal: AbortSignal.timeout(120_000) },
    }),
  )
  const answers = await Promise.all(asked)
  assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 409])
  const bodies = await Promise.all(answers.map((answer) => answer.text()))
  assert.match(bodies[answers.findIndex(({ status }) => status === 409)] ?? '', /^a snapshot is being examined/)
  const told = JSON.parse(bodies[answers.findIndex(({ status }) => status === 200)] ?? '')
  assert.equal(typeof told.finding.verdict, 'string')
})

test('one that was accepted counts at once, whether its lines are read or not, and no longer when who asked has left', async (t) => {
  const snapshots = new SnapshotRoutes(systemClock)
  t.after(() => snapshots.end())
  const post = snapshots.routes.find(({ method }) => method === 'POST')
  const accepted = (leaving: AbortController) => {
    const request = { signal: leaving.signal } as AdminRequest
    return post?.handler(request) as { readonly status: number }
  }
  const [first, second] = [new AbortController(), new AbortController()]
  assert.equal(accepted(first).status, 200)
  assert.equal(accepted(second).status, 409)
  first.abort(new Error('left'))
  let last = 409
  const third = new AbortController()
  await until('another is accepted', () => {
    last = accepted(third).status
    return last === 200
  })
  third.abort(new Error('left'))
  await turn()
})
