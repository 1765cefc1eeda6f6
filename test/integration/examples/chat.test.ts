/** The chat example as a newcomer meets it: a process, a port, URLs, a signal. Its page is tested in peers/chromium. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { WebSocket } from 'ws'
import { endOf, openWs } from '../peers/ws-client.ts'
import { finishExample, startExample } from './example-process.ts'

const MAIN = 'chat/main.js'
const DEADLINE_MS = 10_000

/** The next JSON message; asked for before it is awaited, so that none is missed. */
async function next(socket: WebSocket): Promise<Record<string, unknown>> {
  const [data] = await once(socket, 'message', { signal: AbortSignal.timeout(DEADLINE_MS) })
  return JSON.parse(String(data))
}

function enter(
  port: number,
  room: string,
  name: string,
): { socket: WebSocket; welcome: Promise<Record<string, unknown>> } {
  const socket = new WebSocket(`ws://localhost:${port}/chat/${room}?name=${encodeURIComponent(name)}`)
  return { socket, welcome: next(socket) }
}

test('prints its URLs, serves the page with a content security policy, and nothing else', async (t) => {
  const chat = await startExample(MAIN, ['--port', '0'])
  t.after(() => chat.stop())
  assert.match(chat.printed, new RegExp(`http://localhost:${chat.port}/\\s`))
  assert.match(chat.printed, new RegExp(`ws://localhost:${chat.port}/chat/:room`))
  assert.match(chat.printed, new RegExp(`ws://localhost:${chat.port}/fan\\s`))
  assert.match(chat.printed, new RegExp(`ws://localhost:${chat.port}/echo`))

  const page = await fetch(`http://localhost:${chat.port}/`)
  assert.equal(page.status, 200)
  assert.match(page.headers.get('content-security-policy') ?? '', /default-src 'none'; script-src 'self'/)
  const html = await page.text()
  for (const [, path] of html.matchAll(/(?:src|href)="(\/[^"]+)"/g)) {
    assert.equal((await fetch(`http://localhost:${chat.port}${path}`)).status, 200, path)
  }
  assert.equal((await fetch(`http://localhost:${chat.port}/../package.json`)).status, 404)
  assert.equal((await fetch(`http://localhost:${chat.port}/`, { method: 'POST' })).status, 405)
})

test('people in a room hear each other, come and go, are counted, and are told who is there', async (t) => {
  const chat = await startExample(MAIN, ['--port', '0'])
  t.after(() => chat.stop())
  const ada = enter(chat.port, 'lobby', 'Ada')
  const { id, ...welcome } = await ada.welcome
  const first = { type: 'welcome', name: 'Ada', here: 1, who: [{ id, name: 'Ada' }], time: 0 }
  assert.deepEqual({ ...welcome, time: 0 }, first)
  const elsewhere = enter(chat.port, 'cellar', 'Edsger')
  assert.equal((await elsewhere.welcome).here, 1)

  const comes = next(ada.socket)
  const grace = enter(chat.port, 'lobby', 'Grace Hopper')
  const second = await grace.welcome
  const other = { id: second.id, name: 'Grace Hopper' }
  assert.deepEqual([second.here, second.who], [2, [{ id, name: 'Ada' }, other]])
  assert.deepEqual({ ...(await comes), time: 0 }, { type: 'join', ...other, here: 2, time: 0 })

  const heard = Promise.all([next(ada.socket), next(grace.socket)])
  grace.socket.send(JSON.stringify({ type: 'say', text: ' <b>hello</b> ' }))
  for (const message of await heard) {
    assert.equal(typeof message.time, 'number')
    assert.deepEqual({ ...message, time: 0 }, { type: 'say', name: 'Grace Hopper', text: '<b>hello</b>', time: 0 })
  }

  const leaves = next(ada.socket)
  grace.socket.close()
  assert.deepEqual({ ...(await leaves), time: 0 }, { type: 'leave', ...other, here: 1, time: 0 })
  elsewhere.socket.terminate()
  ada.socket.terminate()
})

test('what is sent to the fan goes to everybody there, the sender included', async (t) => {
  const chat = await startExample(MAIN, ['--port', '0'])
  t.after(() => chat.stop())
  const fan = await Promise.all(Array.from({ length: 3 }, () => openWs(`ws://localhost:${chat.port}/fan`)))
  const heard = Promise.all(fan.map((socket) => once(socket, 'message', { signal: AbortSignal.timeout(DEADLINE_MS) })))
  fan[0]!.send('to all')
  for (const [data, isBinary] of await heard) assert.deepEqual([String(data), isBinary], ['to all', false])
  const bytes = Promise.all(fan.map((socket) => once(socket, 'message', { signal: AbortSignal.timeout(DEADLINE_MS) })))
  fan[1]!.send(Buffer.from([1, 2, 3]))
  for (const [data, isBinary] of await bytes) assert.deepEqual([[...data], isBinary], [[1, 2, 3], true])
  for (const socket of fan) socket.terminate()
})

for (const [what, path] of [
  ['no name', 'chat/lobby'],
  ['an empty name', 'chat/lobby?name=%20'],
  ['a name with markup', 'chat/lobby?name=%3Cb%3E'],
  ['a name of 25 letters', `chat/lobby?name=${'a'.repeat(25)}`],
  ['a room with a slash in it', 'chat/lob%2Fby?name=Ada'],
] as const) {
  test(`refuses ${what} with 400`, async (t) => {
    const chat = await startExample(MAIN, ['--port', '0'])
    t.after(() => chat.stop())
    const socket = new WebSocket(`ws://localhost:${chat.port}/${path}`)
    const [error] = await once(socket, 'error', { signal: AbortSignal.timeout(DEADLINE_MS) })
    assert.match(String(error), /Unexpected server response: 400/)
  })
}

test('says why a text is not passed on, and ends with 1008 what does not speak its language', async (t) => {
  const chat = await startExample(MAIN, ['--port', '0'])
  t.after(() => chat.stop())
  const ada = enter(chat.port, 'lobby', 'Ada')
  await ada.welcome
  for (const text of ['', '  ', 'x'.repeat(501)]) {
    const answer = next(ada.socket)
    ada.socket.send(JSON.stringify({ type: 'say', text }))
    assert.equal((await answer).type, 'refused')
  }
  for (const wrong of ['hello', '{"type":"say"}', 'null', Buffer.from('{"type":"say","text":"x"}')]) {
    const guest = enter(chat.port, 'lobby', 'Guest')
    await guest.welcome
    const ending = await endOf(guest.socket, () => guest.socket.send(wrong))
    assert.equal(ending.code, 1008)
  }
  const ending = await endOf(ada.socket, () => ada.socket.send('x'.repeat(16 * 1024 + 1)))
  assert.equal(ending.code, 1009)
})

test('the echo takes 16 MiB, in 64-byte fragments if need be', async (t) => {
  const chat = await startExample(MAIN, ['--port', '0'])
  t.after(() => chat.stop())
  const echo = await openWs(`ws://localhost:${chat.port}/echo`, { perMessageDeflate: false })
  const whole = Buffer.alloc(16 * 1024 * 1024, 'holdfast')
  const back = once(echo, 'message', { signal: AbortSignal.timeout(DEADLINE_MS) })
  echo.send(whole)
  assert.ok(whole.equals((await back)[0]))
  const again = once(echo, 'message', { signal: AbortSignal.timeout(DEADLINE_MS) })
  for (let at = 0; at < 65_536; at += 1) echo.send(whole.subarray(at * 64, at * 64 + 64), { fin: at === 65_535 })
  assert.ok(whole.subarray(0, 65_536 * 64).equals((await again)[0]))
  echo.terminate()
})

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  test(`${signal}: every connection is drained with 1012 and told when to come back, and the process exits with 0`, async () => {
    const chat = await startExample(MAIN, ['--port', '0'])
    const echo = await openWs(`ws://localhost:${chat.port}/echo`)
    const ada = enter(chat.port, 'lobby', 'Ada')
    await ada.welcome
    const endings = Promise.all([endOf(echo, () => {}), endOf(ada.socket, () => {})])
    assert.equal(await chat.stop(signal), 0)
    for (const { code, reason } of await endings) {
      assert.equal(code, 1012)
      assert.match(reason, /^\{"retryAfterMs":\d+\}$/)
    }
  })
}

test('a port in use: one line on stderr, exit code 1', async (t) => {
  const other = createServer()
  other.listen(0)
  await once(other, 'listening')
  t.after(() => other.close())
  const { port } = other.address() as AddressInfo
  const { code, stdout, stderr } = await finishExample(MAIN, ['--port', String(port)])
  assert.equal(stderr, `port ${port} is in use: stop what listens there, or choose another with --port\n`)
  assert.deepEqual({ code, stdout }, { code: 1, stdout: '' })
})

test('arguments that cannot be: one line on stderr, exit code 1', async () => {
  for (const args of [
    ['--port', 'abc'],
    ['--port', '70000'],
    ['--prot', '80'],
  ]) {
    const { code, stderr } = await finishExample(MAIN, args)
    assert.equal(code, 1)
    assert.match(stderr, /^[^\n]+\(usage: npm start[^\n]+\n$/)
  }
})
