/** A socket that systemd has opened: it comes as descriptor 3, and outlives the supervisor. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type Server } from 'node:net'
import { type TestContext, test } from 'node:test'
import { openRaw } from '../../support/raw-client.ts'
import { AppFolder, ECHO, Supervised } from '../../support/supervised.ts'

/** What systemd does: bind, listen, never accept. */
async function socketUnit(t: TestContext): Promise<{ readonly server: Server; readonly port: number }> {
  const server = createServer({ pauseOnConnect: true })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => void server.close())
  return { server, port: (server.address() as { port: number }).port }
}

/** LISTEN_PID has to be the process itself, which is known only when it runs: `sh` says it, and becomes it. */
const THROUGH = ['sh', '-c', 'LISTEN_PID=$$ exec "$@"', 'sh']

test('it takes the socket that was passed, and leaves it listening', async (t) => {
  const { server, port } = await socketUnit(t)
  const handle = (server as unknown as { _handle: { fd: number } })._handle
  const stdio = ['ignore', 'pipe', 'pipe', handle.fd] as const
  const run = new Supervised(t, new AppFolder(t).write(ECHO), {
    env: { LISTEN_FDS: '1' },
    through: THROUGH,
    stdio: [...stdio],
  })
  const bound = await run.event('bound')
  assert.deepEqual([bound.port, bound.passed], [port, true])
  await run.event('started')
  // From here on only those who were passed the socket accept.
  server.close()
  const client = await openRaw(t, port)
  client.text('hello')
  assert.deepEqual(await client.nextTexts(1), ['hello'])
  run.signal('SIGTERM')
  assert.equal(await run.exitCode(), 0)
})

test('several sockets, or something that is no socket: it says so', async (t) => {
  const app = new AppFolder(t).write(ECHO)
  const several = new Supervised(t, app, { env: { LISTEN_FDS: '2' }, through: THROUGH })
  assert.equal(await several.exitCode(), 2)
  assert.match(several.errors, /systemd has passed 2 sockets/)
  const stdio = ['ignore', 'pipe', 'pipe', 'pipe'] as const
  const none = new Supervised(t, app, { env: { LISTEN_FDS: '1' }, through: THROUGH, stdio: [...stdio] })
  assert.equal(await none.exitCode(), 2)
  assert.match(none.errors, /it is no TCP socket/)
})
