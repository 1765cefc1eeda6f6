import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, createServer, Socket } from 'node:net'
import { PassThrough } from 'node:stream'
import { type TestContext, test } from 'node:test'
import {
  closeHandle,
  isFromHandle,
  isTcpHandle,
  type RawHandle,
  rawHandleOf,
  socketOf,
  startReading,
  stopReading,
} from '../../../src/connection/raw-handle.ts'
import { turn, until, within } from '../../support/deadline.ts'
import { HandleMirror } from '../../support/handle-mirror.ts'

interface Pair {
  /** The server's side; what it has got so far. */
  readonly ours: Socket
  readonly got: () => string
  readonly peer: Socket
  readonly peerGot: () => string
  /** FIN or close has come to the peer. */
  readonly peerEnded: () => boolean
}

function collect(socket: Socket): () => string {
  const chunks: Buffer[] = []
  socket.on('data', (chunk: Buffer) => chunks.push(chunk))
  return () => Buffer.concat(chunks).toString('latin1')
}

async function pair(t: TestContext): Promise<Pair> {
  const server = createServer({ allowHalfOpen: true, noDelay: true })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address() as { port: number }
  const accepted = once(server, 'connection')
  const peer = connect({ port: address.port, host: '127.0.0.1', noDelay: true })
  const [ours] = (await within('a connection', accepted)) as [Socket]
  let ended = false
  for (const event of ['end', 'close', 'error'] as const) {
    peer.on(event, () => {
      ended = true
    })
  }
  ours.on('error', () => {})
  t.after(() => {
    peer.destroy()
    ours.destroy()
    server.close()
  })
  return { ours, got: collect(ours), peer, peerGot: collect(peer), peerEnded: () => ended }
}

/** All that was sent is in the kernel of the other side, and the loop has had time to read it. */
async function arrived(socket: Socket): Promise<void> {
  await until('all is written', () => socket.writableLength === 0)
  for (let turns = 0; turns < 20; turns += 1) await turn()
}

async function moved(mirror: HandleMirror, socket: Socket): Promise<Socket> {
  const copy = await mirror.copy(rawHandleOf(socket)!)
  assert.ok(isTcpHandle(copy))
  return socketOf(copy)
}

test('the socket moves: what was not read is read there, and closing ours says nothing to the peer', async (t) => {
  const mirror = new HandleMirror(t)
  const { ours, got, peer, peerGot, peerEnded } = await pair(t)
  peer.write('one')
  await until('it is read', () => got() === 'one')
  stopReading(ours)
  peer.write('two')
  await arrived(peer)
  const there = await moved(mirror, ours)
  t.after(() => there.destroy())
  const gotThere = collect(there)
  ours.destroy()
  await within('our descriptor to close', once(ours, 'close'))
  peer.write('three')
  await arrived(peer)
  assert.equal(there.bytesRead, 0, 'nothing is read before resume()')
  assert.equal(gotThere(), '')
  there.resume()
  await until('the rest is there', () => gotThere() === 'twothree')
  there.write('answer')
  // A FIN of ours would have come before the answer.
  await until('the answer is here', () => peerGot() === 'answer')
  assert.equal(peerEnded(), false)
  assert.equal(got(), 'one')
  assert.equal(isFromHandle(there), true)
  assert.equal(isFromHandle(ours), false)
  peer.end()
  await within('FIN there', once(there, 'end'))
})

test('control: a FIN of ours would be seen', async (t) => {
  const { ours, peerEnded } = await pair(t)
  ours.destroy()
  await until('the peer sees it', peerEnded)
})

test('what had been read while the socket was paused comes as data, and nothing is read after it', async (t) => {
  const { ours, got, peer } = await pair(t)
  ours.pause()
  peer.write('waits in the socket')
  await until('it is read', () => ours.readableLength > 0)
  stopReading(ours)
  assert.equal(got(), 'waits in the socket')
  assert.equal(ours.readableLength, 0)
  peer.write(', waits in the kernel')
  await arrived(peer)
  assert.equal(ours.readableLength, 0)
  startReading(ours)
  ours.resume()
  await until('it is read', () => got() === 'waits in the socket, waits in the kernel')
})

test('more than the buffer of the socket holds, stopped and started many times: nothing is lost', async (t) => {
  const { ours, got, peer } = await pair(t)
  const all = Array.from({ length: 100_000 }, (_, index) => `${index} `).join('')
  peer.write(all)
  for (let round = 0; got().length < all.length; round += 1) {
    assert.ok(round < 100_000)
    stopReading(ours)
    const before = got().length
    await turn()
    assert.equal(got().length, before)
    startReading(ours)
    // Sometimes it is read into the paused socket only.
    if (round % 3 !== 0) ours.resume()
    await turn()
  }
  assert.equal(got(), all)
})

test('startReading() twice, stopReading() twice, and both on a closed socket', async (t) => {
  const { ours, got, peer } = await pair(t)
  stopReading(ours)
  stopReading(ours)
  startReading(ours)
  startReading(ours)
  ours.resume()
  peer.write('x')
  await until('it is read', () => got() === 'x')
  ours.destroy()
  await once(ours, 'close')
  stopReading(ours)
  startReading(ours)
  assert.equal(rawHandleOf(ours), null)
})

test('what has no TCP handle', () => {
  assert.equal(rawHandleOf(new PassThrough() as unknown as Socket), null)
  assert.equal(rawHandleOf(new Socket()), null)
  class TCP {}
  for (const value of [null, undefined, 1, {}, new TCP()]) assert.equal(isTcpHandle(value), false)
  closeHandle({})
})

test('closeHandle() gives the descriptor back', async (t) => {
  const mirror = new HandleMirror(t)
  const { ours, peer, peerEnded } = await pair(t)
  stopReading(ours)
  const copy = (await mirror.copy(rawHandleOf(ours)!)) as RawHandle
  ours.destroy()
  await once(ours, 'close')
  peer.write('still there')
  await arrived(peer)
  assert.equal(peerEnded(), false)
  closeHandle(copy)
  await until('the peer sees that nobody has it', peerEnded)
})
