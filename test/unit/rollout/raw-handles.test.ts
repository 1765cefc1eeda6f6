/** What is not public API of Node does here what rollout/ needs of it. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { test } from 'node:test'
import { closeHandle, isTcpHandle, type RawHandle, rawHandleOf, socketOf } from '../../../src/connection/raw-handle.ts'
import { addressOf, bindHandle, HandlePipe, handleOfDescriptor } from '../../../src/rollout/raw-handles.ts'
import { until, within } from '../../support/deadline.ts'
import { handlePipes } from '../../support/handle-pipes.ts'

test('a bound handle accepts nothing by itself; a server that is given it does, and its copy stays', async (t) => {
  const handle = await bindHandle('127.0.0.1', 0)
  const { address, port } = addressOf(handle)
  assert.equal(address, '127.0.0.1')
  assert.ok(port > 0)
  const refused = connect(port, '127.0.0.1')
  const [error] = (await within('a refusal', once(refused, 'error'))) as [NodeJS.ErrnoException]
  assert.equal(error.code, 'ECONNREFUSED')
  const server = createServer()
  t.after(() => server.close())
  server.listen(handle)
  await once(server, 'listening')
  const socket = connect(port, '127.0.0.1')
  t.after(() => socket.destroy())
  await within('a connection', once(socket, 'connect'))
})

test('a port that is taken, and an address that is not ours', async (t) => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  const { port } = server.address() as { port: number }
  await assert.rejects(bindHandle('127.0.0.1', port), { code: 'HF_PORT_IN_USE' })
  await assert.rejects(bindHandle('192.0.2.1', 0), { code: 'HF_LISTEN_FAILED', message: /EADDRNOTAVAIL/ })
  await assert.rejects(bindHandle('no-such-host.invalid', 0), { code: 'HF_LISTEN_FAILED' })
})

test('without a host: all addresses', async () => {
  const handle = await bindHandle(undefined, 0)
  assert.ok(['::', '0.0.0.0'].includes(addressOf(handle).address))
  handle.close()
})

test('a descriptor that is no socket; one that is, is in test/integration/rollout/systemd.test.ts', () => {
  assert.throws(() => handleOfDescriptor(9_999), { code: 'HF_LISTEN_FAILED' })
})

/** A TCP connection: the client, and the handle of the other side, not reading. */
async function tcp(t: { after(fn: () => void): void }): Promise<{ client: Socket; handle: RawHandle }> {
  const server = createServer({ pauseOnConnect: true }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const client = connect((server.address() as { port: number }).port, '127.0.0.1')
  const [socket] = (await once(server, 'connection')) as [Socket]
  t.after(() => {
    client.destroy()
    socket.destroy()
    server.close()
  })
  return { client, handle: rawHandleOf(socket)! }
}

test('bytes and handles go over a pipe in order, many at once, and the sockets work there', async (t) => {
  const [from, to] = await handlePipes(t)
  const connections = await Promise.all(Array.from({ length: 20 }, () => tcp(t)))
  const bytes: Buffer[] = []
  const handles: object[] = []
  to.listen({
    pipeOnData(chunk, handle) {
      bytes.push(Buffer.from(chunk))
      if (handle !== null) handles.push(handle)
    },
    pipeOnEnd() {},
  })
  for (const [index, { handle }] of connections.entries()) {
    from.send(Buffer.from(`before ${index};`))
    from.send(Buffer.from(`with ${index};`), handle)
  }
  const wanted = connections.map((_, index) => `before ${index};with ${index};`).join('')
  await until('all bytes are there', () => Buffer.concat(bytes).length === wanted.length)
  assert.equal(Buffer.concat(bytes).toString(), wanted)
  assert.equal(handles.length, connections.length)
  assert.ok(handles.every(isTcpHandle))
  assert.equal(from.waitingBytes, 0)
  for (const [index, { client }] of connections.entries()) {
    const socket = socketOf(handles[index] as RawHandle)
    t.after(() => socket.destroy())
    socket.write(`hello ${index}`)
    const [chunk] = await within('an answer', once(client, 'data'))
    assert.equal(String(chunk), `hello ${index}`)
  }
})

test('what the other end does not read waits, and is counted', async (t) => {
  const [from, to] = await handlePipes(t)
  const chunk = Buffer.alloc(1024 * 1024, 'x')
  for (let index = 0; index < 4; index++) from.send(chunk)
  assert.ok(from.waitingBytes > 2 * chunk.length)
  let bytes = 0
  to.listen({
    pipeOnData(some) {
      bytes += some.length
    },
    pipeOnEnd() {},
  })
  await until('all is there', () => bytes === 4 * chunk.length)
  await until('nothing waits', () => from.waitingBytes === 0)
})

test('the end of one end is the end of the other; what is sent after it goes nowhere', async (t) => {
  const [from, to] = await handlePipes(t)
  const ends: string[] = []
  from.listen({ pipeOnData() {}, pipeOnEnd: () => ends.push('from') })
  to.listen({ pipeOnData() {}, pipeOnEnd: () => ends.push('to') })
  to.close()
  to.close()
  await until('both have ended', () => ends.length === 2)
  assert.deepEqual(ends, ['to', 'from'])
  from.send(Buffer.from('nobody'))
  assert.equal(from.closed, true)
})

test('a handle that is in the pipe when its end closes is closed with it', async (t) => {
  const [from, to] = await handlePipes(t)
  const { client, handle } = await tcp(t)
  from.send(Buffer.from('x'), handle)
  const ended = once(client, 'close')
  client.resume()
  closeHandle(handle)
  await new Promise((resolve) => setImmediate(resolve))
  assert.equal(client.destroyed, false, 'the copy on its way keeps it open')
  to.close()
  await within('the client to see the end', ended)
})

test('nobody listens there', async () => {
  await assert.rejects(HandlePipe.connect('/tmp/no-such-holdfast.sock'), /ENOENT/)
  assert.throws(() => HandlePipe.open(9_999), /descriptor 9999/)
})
