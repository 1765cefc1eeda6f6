/** Handles on a lane: each goes to the connection it is of, also when others were lost on the way. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { rawHandleOf } from '../../../src/connection/raw-handle.ts'
import { LANE, Lane } from '../../../src/rollout/lane.ts'
import { endsOf, HandlePipe } from '../../../src/rollout/raw-handles.ts'
import { until } from '../../support/deadline.ts'

type Chunk = readonly [bytes: Buffer, handle: object | null]

async function listening(t: TestContext, server: Server, where: object): Promise<void> {
  server.listen(where)
  await once(server, 'listening')
  t.after(() => server.close())
}

/** Two ends of a Unix socket. */
async function pipes(t: TestContext): Promise<[HandlePipe, HandlePipe]> {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-lane-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const path = join(folder, 'lane.sock')
  const server = createServer({ pauseOnConnect: true })
  await listening(t, server, { path })
  const came = once(server, 'connection') as Promise<[Socket]>
  const first = await HandlePipe.connect(path)
  const [socket] = await came
  const second = HandlePipe.open((socket as unknown as { _handle: { fd: number } })._handle.fd)
  t.after(() => {
    first.close()
    second.close()
    socket.on('error', () => {}).destroy()
  })
  return [first, second]
}

/** The accepted ends of so many connections. */
async function sockets(t: TestContext, count: number): Promise<Socket[]> {
  const server = createServer()
  await listening(t, server, { port: 0, host: '127.0.0.1' })
  const { port } = server.address() as { port: number }
  const accepted: Socket[] = []
  for (let index = 0; index < count; index++) {
    const came = once(server, 'connection') as Promise<[Socket]>
    const client = connect(port, '127.0.0.1')
    const [socket] = await came
    t.after(() => client.destroy() && socket.destroy())
    accepted.push(socket)
  }
  return accepted
}

/** What another process gets when these are sent, one after the other. */
async function sent(t: TestContext, states: readonly (readonly [string, number, Socket])[]): Promise<Chunk[]> {
  const [from, to] = await pipes(t)
  const chunks: Chunk[] = []
  to.listen({ pipeOnData: (bytes, handle) => void chunks.push([Buffer.from(bytes), handle]), pipeOnEnd: () => {} })
  const lane = new Lane(from)
  let wanted = 0
  for (const [id, bytes, socket] of states) {
    lane.sendState(id, Buffer.alloc(bytes), rawHandleOf(socket) as object)
    wanted += bytes
  }
  const got = (): number => chunks.reduce((sum, [bytes]) => sum + bytes.length, 0)
  await until(
    'all has come',
    () => got() > wanted && chunks.filter(([, handle]) => handle !== null).length === states.length,
  )
  t.after(() => {
    for (const [, handle] of chunks) (handle as { close(): void } | null)?.close()
  })
  return chunks
}

/** Which socket each id came with. */
async function received(t: TestContext, chunks: readonly Chunk[]): Promise<Record<string, string | null>> {
  const [pipe] = await pipes(t)
  const lane = new Lane(pipe)
  const came: Record<string, string | null> = {}
  lane.begin({
    laneOnFrame(kind, payload, handle) {
      if (kind === LANE.arrives) came[payload.toString()] = handle === null ? null : endsOf(handle)
    },
    laneOnEnd: () => {},
  })
  for (const [bytes, handle] of chunks) lane.pipeOnData(bytes, handle)
  return came
}

test('each arrives with its own socket', async (t) => {
  const [a, b] = (await sockets(t, 2)) as [Socket, Socket]
  const chunks = await sent(t, [
    ['a', 100_000, a],
    ['b', 100, b],
  ])
  const ends = [a, b].map((socket) => endsOf(rawHandleOf(socket) as object))
  assert.ok(ends.every((one) => one !== null) && ends[0] !== ends[1])
  assert.deepEqual(await received(t, chunks), { a: ends[0], b: ends[1] })
})

test('a handle that was lost is nobody else’s: the next one keeps its own', async (t) => {
  const [a, b, c] = (await sockets(t, 3)) as [Socket, Socket, Socket]
  const chunks = await sent(t, [
    ['a', 100_000, a],
    ['b', 100, b],
    ['c', 100, c],
  ])
  const [, bEnds, cEnds] = [a, b, c].map((socket) => endsOf(rawHandleOf(socket) as object))
  // As the kernel does it for a process without descriptors: the bytes come, the handle does not.
  const first = chunks.findIndex(([, handle]) => handle !== null)
  const lost = chunks.map(([bytes, handle], index): Chunk => [bytes, index === first ? null : handle])
  assert.deepEqual(await received(t, lost), { a: null, b: bEnds, c: cEnds })
})

test('a socket that is not connected any more has no ends, and goes to nobody', async (t) => {
  const [a] = (await sockets(t, 1)) as [Socket]
  const handle = rawHandleOf(a) as object
  assert.notEqual(endsOf(handle), null)
  a.destroy()
  assert.equal(endsOf(handle), null)
})
