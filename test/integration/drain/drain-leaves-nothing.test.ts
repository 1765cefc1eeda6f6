/** A drained server that still listens keeps nothing of the connections it had. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Wheel } from '../../../src/base/wheel.ts'
import { Life } from '../../../src/connection/life.ts'
import { reachable } from '../../support/census.ts'
import { until, within } from '../../support/deadline.ts'
import { openRaw } from '../../support/raw-client.ts'
import { serve } from '../../support/serving.ts'

test('no connection can be reached after a drain: finished, forced or gone', async (t) => {
  const server = await serve(t, {
    ...{ drainTimeoutMs: 300, closeTimeoutMs: 100 },
    route: { message: () => new Promise(() => {}), drain: async () => {} },
  })
  const clients = await Promise.all(Array.from({ length: 12 }, () => openRaw(t, server.port)))
  await until('all are open', () => server.ledger().open === 12)
  for (const client of clients.slice(0, 4)) client.text('x')
  await until('they are stuck', () => server.ledger().messagesReceived === 4)
  assert.equal((await reachable({ Life })).Life, 12, 'negative control: they are seen while they are there')
  const report = server.drain({ windowMs: 100 })
  clients[11]?.destroy()
  for (const client of clients) client.socket.on('data', () => client.socket.end())
  const { finished, forced, gone } = await within('the drain', report)
  assert.equal(finished + forced + gone, 12)
  assert.equal(forced, 4)
  assert.deepEqual(await reachable({ Life }), { Life: 0 })
  assert.equal(server.ready, false)
  assert.ok((await reachable({ Wheel })).Wheel === 1, 'the server itself is there')
})
