/** One message for receivers of different routes: each gets it as its own route and negotiation say. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { constants, inflateRawSync } from 'node:zlib'
import { until } from '../support/deadline.ts'
import { openRaw, type RawClient, type ServerFrame } from '../support/raw-client.ts'
import { makeServer } from '../support/serving.ts'

const RSV1 = 0x40
const TAIL = Buffer.from([0, 0, 0xff, 0xff])

const PATHS = {
  '/plain': false,
  '/stored': { level: 0, thresholdBytes: 0 },
  '/quick': { level: 1, thresholdBytes: 0 },
  '/best': { level: 9, memLevel: 9, thresholdBytes: 0 },
  '/narrow': { level: 9, serverWindowBitsMax: 9, thresholdBytes: 0 },
  '/only-long': { level: 9, thresholdBytes: 1_000_000 },
  '/takeover': { level: 9, thresholdBytes: 0, serverContextTakeover: true },
} as const

/** Text that compresses by how hard one tries, and that refers back further than a small window. */
function text(length: number): string {
  let out = ''
  for (let at = 0; out.length < length; at++) out += `${(at * 7919) % 977} the same ${(at * 31) % 613} words again; `
  return out.slice(0, length)
}

function inflated(frame: ServerFrame, windowBits: number): string {
  return inflateRawSync(Buffer.concat([frame.payload, TAIL]), {
    windowBits,
    finishFlush: constants.Z_SYNC_FLUSH,
  }).toString()
}

test('routes with different deflate in one room: each receiver can read what it gets', async (t) => {
  for (const order of ['forth', 'back'] as const) {
    await t.test(order, async (t) => {
      const server = makeServer(t)
      const paths = Object.entries(PATHS)
      if (order === 'back') paths.reverse()
      for (const [path, deflate] of paths)
        server.route(path, { deflate, open: (connection) => void connection.join('all') })
      await server.listen({ port: 0, host: '127.0.0.1' })
      const clients = new Map<string, RawClient>()
      for (const [path] of paths) {
        const offer = { 'Sec-WebSocket-Extensions': 'permessage-deflate; client_max_window_bits' }
        clients.set(path, await openRaw(t, server.port, path, offer))
      }
      await until('all are in the room', () => server.room('all').size === paths.length)
      const message = text(40_000)
      assert.equal(server.room('all').publish(message), paths.length)
      const sizes = new Map<string, number>()
      for (const [path, client] of clients) {
        await until(`a frame at ${path}`, () => client.frames.length === 1)
        const frame = client.frames[0] as ServerFrame
        const compressed = (frame.first & RSV1) !== 0
        assert.equal(compressed, path !== '/plain' && path !== '/only-long', path)
        const got = compressed ? inflated(frame, path === '/narrow' ? 9 : 15) : frame.payload.toString()
        assert.equal(got, message, path)
        sizes.set(path, frame.payload.length)
      }
      const size = (path: string): number => sizes.get(path)!
      assert.ok(size('/stored') >= message.length, 'level 0 stores')
      assert.ok(size('/best') < size('/quick') && size('/quick') < message.length, JSON.stringify([...sizes]))
      assert.ok(size('/narrow') > size('/best'), JSON.stringify([...sizes]))
    })
  }
})
