/** Two ends of a pipe over which handles go, in one process, for the time of a test. */
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { rawHandleOf } from '../../src/connection/raw-handle.ts'
import { HandlePipe } from '../../src/rollout/raw-handles.ts'
import { within } from './deadline.ts'

/** The first has connected; the second is what the other process is born with. */
export async function handlePipes(t: TestContext): Promise<readonly [HandlePipe, HandlePipe]> {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-pipes-'))
  const listener = createServer({ pauseOnConnect: true }).listen(join(folder, 'a.sock'))
  await once(listener, 'listening')
  const came = once(listener, 'connection') as Promise<[Socket]>
  const first = await within('the pipe to connect', HandlePipe.connect(join(folder, 'a.sock')))
  const [socket] = await within('the pipe to come', came)
  // Not closed by itself: what is made of the descriptor closes it.
  const second = HandlePipe.open((socket as unknown as { _handle: { fd: number } })._handle.fd)
  t.after(() => {
    first.close()
    second.close()
    listener.close()
    rmSync(folder, { recursive: true, force: true })
  })
  return [first, second]
}

/** The raw handle of a socket that a server has accepted, whose client is there as long as the test. */
export async function connectedHandle(t: TestContext): Promise<object> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const came = once(server, 'connection') as Promise<[Socket]>
  const client = connect((server.address() as { port: number }).port, '127.0.0.1').on('error', () => {})
  const [socket] = await within('a connection', came)
  t.after(() => {
    client.destroy()
    socket.destroy()
    server.close()
  })
  return rawHandleOf(socket) as object
}
