/** `/healthz` and `/readyz` of a real server: each reason, and who is told it. */
import assert from 'node:assert/strict'
import { networkInterfaces } from 'node:os'
import { describe, test } from 'node:test'
import { admin, readyWhen } from '../../../src/ops/index.ts'
import { ask, CHANGE, probe } from '../../support/admin-client.ts'
import { deferred, until, within } from '../../support/deadline.ts'
import { openRaw } from '../../support/raw-client.ts'
import { makeServer, serve } from '../../support/serving.ts'

const TOKEN = 'a-token-of-sixteen-or-more'
const FINE = [200, true, []]

async function detailOf(port: number, path: string): Promise<string> {
  return JSON.parse((await ask(port, path)).body).reasons[0]?.detail ?? ''
}

describe('readyz', { concurrency: true }, () => {
  test('starting, then ready, then draining', async (t) => {
    const finish = deferred()
    const server = makeServer(t, {
      route: { message: () => finish.promise },
      drainTimeoutMs: 20_000,
      drainWindowMs: 100,
    })
    const { port } = await admin(server, { port: 0 })
    assert.deepEqual(await probe(port, '/readyz'), [503, false, ['starting']])
    await server.listen({ port: 0, host: '127.0.0.1' })
    assert.deepEqual(await probe(port, '/readyz'), FINE)
    const client = await openRaw(t, server.port)
    client.text('work')
    await until('it is at work', () => server.ledger().messagesReceived === 1)
    const drained = server.drain()
    assert.deepEqual(await probe(port, '/readyz'), [503, false, ['draining']])
    assert.deepEqual(await probe(port, '/healthz'), FINE)
    finish.resolve()
    await within('the drain to end', drained)
    assert.deepEqual(await probe(port, '/readyz'), [503, false, ['draining']])
  })

  test('over a limit that refuses who comes next, and ready again when somebody leaves', async (t) => {
    const server = await serve(t, { route: {}, connectionsMax: 2 })
    const { port } = await admin(server, { port: 0 })
    await openRaw(t, server.port)
    assert.deepEqual(await probe(port, '/readyz'), FINE)
    const client = await openRaw(t, server.port)
    assert.deepEqual(await probe(port, '/readyz'), [503, false, ['over limit']])
    assert.match(await detailOf(port, '/readyz'), /connectionsMax/)
    assert.deepEqual(server.ledger().limits.connectionsMax, { refused: 0, warned: 0 })
    client.closeFrame(1000)
    await until('it has left', () => server.connections.size === 1)
    assert.deepEqual(await probe(port, '/readyz'), FINE)
  })

  test('a limit that only warns is no reason', async (t) => {
    const server = await serve(t, { route: {}, connectionsMax: 1, warnOnly: ['connectionsMax'] })
    await openRaw(t, server.port)
    const { port } = await admin(server, { port: 0 })
    assert.deepEqual(await probe(port, '/readyz'), FINE)
  })

  test("conditions of one's own: settings that are not loaded; one that throws", async (t) => {
    const server = await serve(t)
    const { port } = await admin(server, { port: 0 })
    let loaded = false
    const forget = readyWhen(server, 'settings', () => loaded || 'not loaded yet')
    assert.deepEqual(await probe(port, '/readyz'), [503, false, ['condition']])
    assert.equal(await detailOf(port, '/readyz'), 'settings: not loaded yet')
    loaded = true
    assert.deepEqual(await probe(port, '/readyz'), FINE)
    loaded = false
    const throws = readyWhen(server, 'broken', () => {
      throw new Error('no settings')
    })
    forget()
    assert.equal(await detailOf(port, '/readyz'), 'broken: asking threw: no settings')
    assert.deepEqual(await probe(port, '/healthz'), FINE)
    throws()
    assert.deepEqual(await probe(port, '/readyz'), FINE)
    const wrong = [
      () => readyWhen({}, 'x', () => true),
      () => readyWhen(server, '', () => true),
      () => readyWhen(server, 'x', true as never),
    ]
    for (const call of wrong) assert.throws(call, { code: 'HF_OPTION_INVALID' })
  })
})

test('healthz: a ledger that does not balance', async (t) => {
  const server = await serve(t)
  const law = 'accepted = open: 2 is not 1'
  const { scope, connections, roomCount, ready } = server
  const sick = { scope, connections, roomCount, ready, ledger: () => ({ ...server.ledger(), imbalances: [law] }) }
  const { port } = await admin(sick, { port: 0 })
  assert.deepEqual(await probe(port, '/healthz'), [503, false, ['ledger']])
  assert.match(await detailOf(port, '/healthz'), /2 is not 1/)
  const other = await admin(server, { port: 0 })
  assert.deepEqual(await probe(other.port, '/healthz'), FINE)
})

describe('who is told why', { concurrency: true }, () => {
  test('not whoever asks for an unknown Host: a page that leads here by its own name', async (t) => {
    const { port } = await admin(makeServer(t), { port: 0 })
    const told = await ask(port, '/readyz', { headers: { Host: 'evil.example' } })
    assert.deepEqual([told.status, told.body], [503, 'not ready\n'])
    assert.equal((await ask(port, '/healthz', { headers: { Host: 'evil.example' } })).body, 'ok\n')
  })

  test('with a token, only who brings it', async (t) => {
    const { port } = await admin(makeServer(t), { port: 0, token: TOKEN })
    assert.deepEqual(
      await Promise.all(
        [{}, { Authorization: 'Bearer something-else-altogether' }, { Authorization: `Bearer ${TOKEN}` }].map(
          async (headers) =>
            (await ask(port, '/readyz', { headers: { ...headers, ...CHANGE } })).body.includes('reason'),
        ),
      ),
      [false, false, true],
    )
  })

  test('elsewhere than on loopback, as a kubelet asks', async (t) => {
    const address = Object.values(networkInterfaces())
      .flat()
      .find((one) => one?.family === 'IPv4' && !one.internal)?.address
    const host = address ?? '127.0.0.2'
    const { port } = await admin(makeServer(t), { port: 0, host, token: TOKEN })
    const told = await ask(port, '/readyz', { host })
    assert.deepEqual([told.status, told.body], [503, 'not ready\n'])
    assert.match((await ask(port, '/readyz', { host, headers: { Authorization: `Bearer ${TOKEN}` } })).body, /starting/)
  })
})
