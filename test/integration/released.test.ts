/**
 * What user code keeps of a connection that is over keeps nothing else (the promise P1): not its life, not its opening, not
 * its socket, not Node's request. Each case keeps one thing on purpose, for ever; the control keeps what must be seen.
 */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { IncomingMessage } from 'node:http'
import { after, before, describe, test } from 'node:test'
import { Life } from '../../src/connection/life.ts'
import type { UpgradeRequest } from '../../src/index.ts'
import { Opening } from '../../src/server/opening.ts'
import { reachable, reachableOf } from '../support/census.ts'
import { deferred, turn, until, within } from '../support/deadline.ts'
import { connectRaw, openRaw, upgradeText } from '../support/raw-client.ts'
import { balanced, errorsOf, serve, settled } from '../support/serving.ts'
import { ASKED, CONTROL, type MakeCase, OPENED } from './released/cases.ts'
import { type Way, World } from './released/world.ts'

const COUNT = 20
const KINDS = { lives: Life, openings: Opening, requests: IncomingMessage }

const GROUPS: readonly (readonly [Way, Readonly<Record<string, MakeCase>>, handshakeTimeoutMs: number])[] = [
  ['opens, then leaves', OPENED, 5_000],
  ['asks, then leaves', ASKED, 5_000],
  ['asks, and waits for the deadline', ASKED, 300],
]

for (const [way, cases, handshakeTimeoutMs] of GROUPS) {
  describe(`the peer ${way}; what is kept keeps nothing else`, () => {
    let world: World
    before(async () => {
      world = new World(cases, { handshakeTimeoutMs })
      await world.listen()
      await world.visit(COUNT, way)
    })
    after(async () => {
      world.letGo()
      await world.close()
    })

    for (const name of Object.keys(cases)) {
      test(`kept: ${name}`, async () => {
        const noted = world.referencesOf(name)
        assert.equal(noted.length, (way === 'opens, then leaves' ? 3 : 2) * COUNT, 'sockets, requests, lives')
        assert.ok(world.keeps.get(name)!.length >= COUNT)
        assert.equal(await reachableOf(noted), 0)
      })
    }

    test('no life, opening or request of Node is anywhere, and the ledger balances', async () => {
      assert.deepEqual(await reachable(KINDS), { lives: 0, openings: 0, requests: 0 })
      await balanced(world.server)
      const { closed, failed } = world.server.ledger()
      assert.equal(way === 'opens, then leaves' ? closed : failed, COUNT * Object.keys(cases).length)
    })
  })
}

test('control: a life that is kept is seen, with its socket, and is gone when it is let go', async () => {
  const world = new World({ control: CONTROL }, {})
  await world.listen()
  await world.visit(COUNT, 'opens, then leaves')
  assert.ok((await reachableOf(world.referencesOf('control'))) >= 2 * COUNT)
  assert.equal((await reachable(KINDS)).lives, COUNT)
  world.letGo()
  assert.equal(await reachableOf(world.referencesOf('control')), 0)
  assert.deepEqual(await reachable(KINDS), { lives: 0, openings: 0, requests: 0 })
  await world.close()
})

test('a request is revoked when its upgrade is aborted; what upgrade() then throws is not announced', async (t) => {
  for (const how of ['reset', 'fin', 'deadline', 'too much before the answer'] as const) {
    await t.test(how, async (t) => {
      const asked = deferred<UpgradeRequest>()
      const gate = deferred()
      const server = await serve(t, {
        handshakeTimeoutMs: how === 'deadline' ? 60 : 5_000,
        route: {
          async upgrade(request) {
            asked.resolve(request)
            await gate.promise
            throw new Error('late')
          },
        },
      })
      const errors = errorsOf(server)
      const client = await connectRaw(t, server.port)
      client.write(upgradeText('/'))
      const request = await within('the upgrade', asked.promise)
      const { signal, headers } = request
      assert.equal(signal.aborted, false)
      if (how === 'reset') client.socket.resetAndDestroy()
      else if (how === 'fin') client.socket.end()
      else if (how !== 'deadline') client.write(Buffer.alloc(100_000))
      if (!signal.aborted) await within('the signal', once(signal, 'abort'))
      assert.equal(signal.reason.code, 'HF_ENDED')
      await turn()
      for (const property of ['path', 'url', 'query', 'params', 'headers', 'origin', 'host', 'protocols', 'signal'])
        assert.throws(() => Reflect.get(request, property), { code: 'HF_REQUEST_OVER' }, property)
      assert.throws(() => request.setResponseHeader('X-Late', 'x'), { code: 'HF_REQUEST_OVER' })
      assert.throws(() => headers.get('host'), { code: 'HF_REQUEST_OVER' })
      gate.resolve()
      await turn()
      await settled(server)
      assert.deepEqual(errors, [])
    })
  }
})

test('a handler that fails after its connection was released is announced, with the route, without the connection', async (t) => {
  for (const where of ['open', 'hold', 'message', 'close'] as const) {
    await t.test(where, async (t) => {
      const gate = deferred()
      const handler = async (): Promise<void> => {
        await gate.promise
        throw new Error('late')
      }
      const server = await serve(t, { closeTimeoutMs: 60, handlerTimeoutMs: 60, route: { [where]: handler } })
      const late: { route: string | undefined; connection: unknown; message: string }[] = []
      server.on('error', ({ error, route, connection }) => {
        if (error.code === 'HF_HANDLER_FAILED') late.push({ route, connection, message: error.message })
      })
      const client = await openRaw(t, server.port)
      client.text('x')
      await until('it has come', () => server.ledger().messagesReceived === 1)
      client.socket.resetAndDestroy()
      await until('it is closed', () => server.ledger().closed === 1)
      await settled(server)
      gate.resolve()
      await until('it is announced', () => late.length > 0)
      await turn()
      assert.equal(late.length, 1)
      assert.deepEqual([late[0]!.route, late[0]!.connection], ['/', undefined])
      assert.match(late[0]!.message, new RegExp(`^handler ${where} of route / threw: late`))
    })
  }
})
