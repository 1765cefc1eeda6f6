/** Workers that crash: another is started, the port stays open meanwhile, and a version that does nothing else is given up. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { test } from 'node:test'
import { within } from '../../support/deadline.ts'
import { openRaw, RawClient, upgradeText } from '../../support/raw-client.ts'
import { AppFolder, appWith, ECHO, PATIENCE_MS, Supervised, supervise } from '../../support/supervised.ts'

test('a worker that is killed is replaced; whoever connects meanwhile waits, and is served', async (t) => {
  const run = await supervise(t, new AppFolder(t).write(ECHO))
  const [first] = run.serving
  process.kill(first!, 'SIGKILL')
  const crash = await run.event('crash')
  assert.deepEqual([crash.slot, crash.pid, crash.reason], [0, first, 'it was ended by SIGKILL'])
  assert.ok(Number(crash.restartMs) >= 50 && Number(crash.restartMs) <= 100)
  // Nobody accepts, and the kernel does not refuse: the supervisor has the port.
  const socket = connect({ port: run.port, host: '127.0.0.1' })
  t.after(() => socket.destroy())
  await within('a TCP connection', once(socket, 'connect'))
  const client = new RawClient(socket)
  client.write(upgradeText('/'))
  await within('another worker', client.answer(), PATIENCE_MS)
  client.text('hello')
  assert.deepEqual(await client.nextTexts(1), ['hello'])
  assert.notEqual(run.serving[0], first)
})

test('an error nobody catches is the reason; what the other worker has is not touched', async (t) => {
  const app = appWith(`{
    message(connection, message) {
      if (message === 'crash') setImmediate(() => { throw new Error('as the test wants it') })
      else connection.send(String(process.pid))
    },
  }`)
  const run = await supervise(t, new AppFolder(t).write(app), { flags: ['--workers', '2'] })
  const clients = new Map<number, RawClient>()
  while (clients.size < 2) {
    const client = await openRaw(t, run.port)
    client.text('who?')
    const [pid] = await client.nextTexts(1)
    clients.set(Number(pid), client)
  }
  const [[unlucky, crashing], [, other]] = [...clients] as [[number, RawClient], [number, RawClient]]
  crashing.text('crash')
  await crashing.gone()
  const crash = await run.event('crash')
  assert.equal(crash.pid, unlucky)
  assert.match(String(crash.reason), /^Error: as the test wants it/)
  other.text('still there?')
  assert.equal((await other.nextTexts(2)).length, 2)
})

test('a version that crashes again and again: it says so, stops starting it, and exits with 1 when nothing is left', async (t) => {
  const app = `${ECHO}setTimeout(() => process.exit(3), 1_000)\n`
  const run = new Supervised(t, new AppFolder(t).write(app), {})
  assert.equal(await run.exitCode(), 1)
  const pauses = run.all('crash').map(({ restartMs }) => restartMs)
  assert.equal(pauses.length, 5)
  for (const [index, pause] of pauses.slice(0, 4).entries()) {
    const most = 100 * 2 ** index
    assert.ok(Number(pause) >= most / 2 && Number(pause) <= most, `pause ${index} is ${pause}`)
  }
  assert.equal(pauses[4], null)
  const [loop] = run.all('crashLoop')
  assert.deepEqual([loop?.slot, loop?.fallback, loop?.reason], [0, null, 'it ended with code 3'])
  assert.equal(run.all('ended')[0]?.failed, true)
})
