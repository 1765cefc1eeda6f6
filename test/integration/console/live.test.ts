/** The live channel of the console: who gets in, that looks are shared and end with the last who watches, and that nobody can make it hold much. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { admin } from '../../../src/ops/index.ts'
import type { LiveSource } from '../../../src/ops/live/live-channel.ts'
import type { Look } from '../../../src/ops/live/wire.ts'
import { ask, CHANGE, openFor } from '../../support/admin-client.ts'
import { turn, until, within } from '../../support/deadline.ts'
import { ManualClock } from '../../support/manual-clock.ts'
import { openRaw } from '../../support/raw-client.ts'
import { serve, settled } from '../../support/serving.ts'
import { statusOfUpgrade, watch } from './viewer.ts'

const TOKEN = 'a-token-of-some-length'

/** Counts how often it is looked at. */
function countingSource(text = ''): LiveSource & { taken: number } {
  return {
    taken: 0,
    hello: () =>
      Promise.resolve({ mode: 'server', holdfast: text, node: '', handlerSeconds: [], lastHour: [] }) as ReturnType<
        LiveSource['hello']
      >,
    look() {
      this.taken++
      const look = {
        kind: 'look',
        point: { at: this.taken, text },
        processes: [],
        supervisor: null,
        notReady: [],
        tookMs: 0,
      }
      return Promise.resolve(look as unknown as Look)
    },
  }
}

describe('the live channel', { concurrency: true }, () => {
  test('is for pages of this port alone: another Origin, none, another Host, a page of another site are refused', async (t) => {
    const server = await serve(t)
    const { port } = await admin(server, { port: 0, hosts: ['admin.example.com'] })
    const own = `http://127.0.0.1:${port}`
    const cases: readonly (readonly [string, number, Parameters<typeof statusOfUpgrade>[2]])[] = [
      ['its own', 101, {}],
      [
        'localhost, asked for as localhost',
        101,
        { origin: `http://localhost:${port}`, headers: { Host: `localhost:${port}` } },
      ],
      ['a name that was given', 101, { origin: 'http://admin.example.com', headers: { Host: 'admin.example.com' } }],
      ['another origin', 403, { origin: 'https://evil.example' }],
      ['another port of this machine', 403, { origin: `http://127.0.0.1:${server.port}` }],
      ['the same host by another name', 403, { origin: `http://localhost:${port}` }],
      ['no origin', 403, { origin: null }],
      ['the origin null', 403, { origin: 'null' }],
      ['a name that was made to lead here', 403, { origin: 'http://evil.example', headers: { Host: 'evil.example' } }],
      [
        'a page of another site, as the browser says',
        403,
        { origin: own, headers: { 'Sec-Fetch-Site': 'cross-site' } },
      ],
      [
        'a finding that the client has written',
        403,
        { origin: own, headers: { Host: 'evil.example', 'X-Holdfast-Finding': '' } },
      ],
    ]
    for (const [name, status, init] of cases) assert.equal(await statusOfUpgrade(t, port, init), status, name)
    // Nothing of it is in the ledger of the server that is shown.
    assert.equal(server.ledger().upgrades, 0)
  })

  test('wants the token where there is one, as browsers send it', async (t) => {
    const server = await serve(t)
    const { port } = await admin(server, { port: 0, token: TOKEN })
    const basic = (password: string) => `Basic ${Buffer.from(`anybody:${password}`).toString('base64')}`
    assert.equal(await statusOfUpgrade(t, port, {}), 401)
    assert.equal(await statusOfUpgrade(t, port, { headers: { Authorization: basic('another-token-of-it') } }), 401)
    assert.equal(await statusOfUpgrade(t, port, { headers: { Authorization: basic(TOKEN) } }), 101)
    assert.equal(await statusOfUpgrade(t, port, { headers: { Authorization: `Bearer ${TOKEN}` } }), 101)
  })

  test('says hello, then how the server is, with nothing of any client in it', async (t) => {
    const server = await serve(t, { route: { open: (connection) => connection.join('secret room') } })
    const { port } = await admin(server, { port: 0 })
    await openRaw(t, server.port, '/?token=in-the-url', { Cookie: 'session=private' })
    const viewer = await watch(t, port)
    assert.deepEqual([viewer.hello.mode, viewer.hello.node], ['server', process.version])
    await until('there are two looks', () => viewer.looks.length >= 2)
    const look = viewer.looks[1] as Look
    const [own] = look.processes
    assert.deepEqual([look.point.open, look.point.accepted, own?.look?.server?.rooms], [1, 1, 1])
    assert.deepEqual(own?.look?.server?.ledger.endingsByCode, server.ledger().endingsByCode)
    assert.ok((own?.look?.loop?.maxMs ?? -1) >= 0)
    const id = [...server.connections][0]?.id ?? 'none'
    for (const secret of ['secret room', 'in-the-url', 'private', id])
      assert.ok(!viewer.texts.join('').includes(secret), secret)
  })

  test('looks once for all who watch, and not at all when nobody does', async (t) => {
    const clock = new ManualClock()
    const live = countingSource()
    const { port } = await openFor(t, {}, { clock, live })
    assert.deepEqual([live.taken, clock.timers], [0, 0])
    const [one, other] = [await watch(t, port), await watch(t, port)]
    await until('the first look is there', () => one.looks.length === 1 && other.looks.length === 1)
    for (let second = 2; second <= 4; second++) {
      clock.advance(1_000)
      await until('another look is there', () => one.looks.length === second && other.looks.length === second)
    }
    assert.equal(live.taken, 4)
    assert.deepEqual(one.texts.slice(-3), other.texts.slice(-3))
    one.socket.close()
    await within('the first to leave', one.closed)
    clock.advance(1_000)
    await until('the other still sees', () => other.looks.length === 5)
    other.socket.close()
    await within('the other to leave', other.closed)
    // The wheel of the channel may have one more turn to come, with nothing on it.
    clock.advance(60_000)
    await turn()
    assert.deepEqual([live.taken, clock.timers], [5, 0])
    // And begins anew for whoever comes next.
    const next = await watch(t, port)
    await until('it looks again', () => next.looks.length === 1)
    assert.equal(live.taken, 6)
    assert.ok(
      next.hello.points.every(({ at }) => at === 6),
      'what was seen before is forgotten',
    )
  })

  test('who comes later is told what has been seen so far', async (t) => {
    const clock = new ManualClock()
    const { port } = await openFor(t, {}, { clock, live: countingSource() })
    const first = await watch(t, port)
    await until('there is a look', () => first.looks.length === 1)
    clock.advance(1_000)
    await until('there is another', () => first.looks.length === 2)
    const second = await watch(t, port)
    assert.deepEqual(
      second.hello.points.map(({ at }) => at),
      [1, 2],
    )
    await until('it has the latest', () => second.looks.length === 1)
    assert.equal(second.looks[0]?.point.at, 2)
  })

  test('a viewer that does not read is ended, and the others go on', async (t) => {
    const clock = new ManualClock()
    const { port } = await openFor(t, {}, { clock, live: countingSource('x'.repeat(900_000)) })
    const [reader, deaf] = [await watch(t, port), await watch(t, port)]
    deaf.socket.pause()
    let round = 0
    await until(
      'it is ended',
      () => {
        // Each look fills the buffers of the kernel first.
        if (reader.looks.length > round) {
          round = reader.looks.length
          clock.advance(1_000)
        }
        return round > 15
      },
      60_000,
    )
    deaf.socket.resume()
    assert.notEqual(await within('it to be closed', deaf.closed, 30_000), 1000)
    assert.equal(reader.socket.readyState, reader.socket.OPEN)
  })

  test('has room for sixteen, and what they say is bounded', async (t) => {
    const { port } = await openFor(t, {}, { live: countingSource() })
    const viewers = await Promise.all(Array.from({ length: 16 }, () => watch(t, port)))
    assert.equal(await statusOfUpgrade(t, port, {}), 503)
    viewers[0]?.socket.send('x'.repeat(2_000))
    assert.equal(await within('it to be ended', viewers[0]?.closed as Promise<number>), 1009)
  })

  test('ends with the port', async (t) => {
    const server = await serve(t)
    const at = await admin(server, { port: 0 })
    const viewer = await watch(t, at.port)
    await within('the port to close', at.close())
    assert.equal(await within('the viewer to be told', viewer.closed), 1001)
  })

  test('a port without a console takes no upgrade', async (t) => {
    const { port } = await openFor(t)
    await assert.rejects(statusOfUpgrade(t, port, {}).then((status) => assert.equal(status, 101)))
  })
})

test('connections are given a page at a time, and found by id and route', async (t) => {
  const server = await serve(t, { route: {} })
  const { port } = await admin(server, { port: 0 })
  const ids: string[] = []
  server.on('open', ({ connection }) => ids.push(connection.id))
  for (let count = 1; count <= 7; count++) await openRaw(t, server.port)
  await until('all are there', () => ids.length === 7)
  const list = async (query: string) => JSON.parse((await ask(port, `/debug/connections?${query}`)).body)
  const idsOf = async (query: string) => (await list(query)).present.map(({ id }: { id: string }) => id)
  const newest = [...ids].reverse()
  assert.deepEqual(await idsOf('limit=3'), newest.slice(0, 3))
  assert.deepEqual(await idsOf('limit=3&offset=3'), newest.slice(3, 6))
  assert.deepEqual(await idsOf('limit=3&offset=6'), newest.slice(6))
  assert.deepEqual(await idsOf('limit=3&offset=99'), [])
  const wanted = ids[2] as string
  assert.deepEqual(await idsOf(`search=${wanted.toUpperCase()}`), [wanted])
  assert.deepEqual((await list('search=no-such')).counts.matching, { present: 0, ended: 0 })
  for (const wrong of ['offset=-1', 'offset=x', `search=${'x'.repeat(101)}`, 'limit=1001']) {
    assert.equal((await ask(port, `/debug/connections?${wrong}`)).status, 400, wrong)
  }
  for (const connection of server.connections) connection.kill()
  await settled(server)
  const found = await list('search=killed&limit=2')
  assert.deepEqual([found.ended.length, found.counts.matching.ended], [2, 7])
})

test('garbage is collected when it is asked for as a change', async (t) => {
  const server = await serve(t)
  const { port } = await admin(server, { port: 0 })
  assert.equal((await ask(port, '/debug/collect', { method: 'POST' })).status, 403)
  assert.equal((await ask(port, '/debug/collect')).status, 405)
  const { status, body } = await ask(port, '/debug/collect', { method: 'POST', headers: CHANGE })
  const found = JSON.parse(body)
  assert.equal(status, 200)
  assert.ok(found.heapUsedBeforeBytes > 0 && found.heapUsedAfterBytes > 0 && found.rssAfterBytes > 0)
  assert.equal(JSON.parse((await ask(port, '/debug/census')).body).report.collections, 'asked')
})
