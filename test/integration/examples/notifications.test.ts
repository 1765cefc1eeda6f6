/** The notification feed as a process: all tabs of a user, nobody else, and a POST that wants a token and a short body. */
import assert from 'node:assert/strict'
import { request } from 'node:http'
import { type TestContext, test } from 'node:test'
import { WebSocket } from 'ws'
import { until, within } from '../../support/deadline.ts'
import { endOf } from '../peers/ws-client.ts'
import { type ExampleProcess, startExample } from './example-process.ts'

const MAIN = 'notifications/main.js'

interface Feed extends ExampleProcess {
  readonly token: string
}

interface Said {
  readonly type: string
  readonly [field: string]: unknown
}

async function startFeed(t: TestContext): Promise<Feed> {
  const feed = await startExample(MAIN, ['--port', '0'])
  t.after(() => feed.stop())
  return { ...feed, token: /Bearer ([\w-]+)/.exec(feed.printed)?.[1] ?? '' }
}

/** A tab of the user, with all it was told; it is in once it knows how many tabs there are. */
async function tabOf(t: TestContext, feed: Feed, user: string): Promise<{ socket: WebSocket; told: Said[] }> {
  const socket = new WebSocket(`ws://127.0.0.1:${feed.port}/feed?user=${user}`)
  t.after(() => socket.terminate())
  const told: Said[] = []
  socket.on('message', (data) => void told.push(JSON.parse(String(data))))
  await until(`a tab of ${user} is in`, () => told.length > 0)
  return { socket, told }
}

async function post(feed: Feed, body: string, headers: Record<string, string> = {}): Promise<[number, unknown]> {
  const authorization = `Bearer ${feed.token}`
  const url = `http://127.0.0.1:${feed.port}/notify`
  const answer = await fetch(url, { method: 'POST', body, headers: { authorization, ...headers } })
  return [answer.status, await answer.json()]
}

const noticesOf = ({ told }: { told: readonly Said[] }): unknown[] =>
  told.filter(({ type }) => type === 'notice').map(({ text }) => text)

test('a notification goes to every tab of its user and to nobody else; one that is read goes from the others', async (t) => {
  const feed = await startFeed(t)
  const [first, second, bob] = [await tabOf(t, feed, 'ada'), await tabOf(t, feed, 'ada'), await tabOf(t, feed, 'bob')]
  await until('the first tab knows of the second', () => first.told.length === 2)
  assert.deepEqual(first.told, [
    { type: 'tabs', count: 1 },
    { type: 'tabs', count: 2 },
  ])
  assert.deepEqual(await post(feed, '{"user":"ada","text":" lunch? "}'), [200, { tabs: 2 }])
  assert.deepEqual(await post(feed, '{"user":"eve","text":"anybody?"}'), [200, { tabs: 0 }])
  await until('both tabs have it', () => [first, second].every((tab) => noticesOf(tab).length === 1))
  assert.deepEqual([noticesOf(first), noticesOf(second), noticesOf(bob)], [['lunch?'], ['lunch?'], []])

  const { id } = first.told.find(({ type }) => type === 'notice') as Said
  first.socket.send(JSON.stringify({ type: 'read', id }))
  await until('the other tab is told', () => second.told.some(({ type }) => type === 'read'))
  assert.deepEqual(second.told.at(-1), { type: 'read', id })
  second.socket.close()
  await until('the tab that is left is told', () => first.told.at(-1)?.count === 1)
  assert.ok(!first.told.some(({ type }) => type === 'read'), 'the tab that read it is not told')
  assert.deepEqual(await post(feed, '{"user":"ada","text":"still there?"}'), [200, { tabs: 1 }])
})

test('a POST without the token, too long, or not understood is refused', async (t) => {
  const feed = await startFeed(t)
  const right = '{"user":"ada","text":"hello"}'
  assert.equal((await post(feed, right, { authorization: 'Bearer wrong' }))[0], 401)
  assert.equal((await post(feed, right, { authorization: feed.token }))[0], 401)
  const long = JSON.stringify({ user: 'ada', text: 'x'.repeat(4 * 1024) })
  assert.equal((await post(feed, long))[0], 413)
  assert.equal((await post(feed, 'x'.repeat(1024 * 1024)))[0], 413)
  for (const wrong of ['', 'null', '[]', '{"user":"ada"}', '{"user":"a b","text":"x"}', '{"user":"ada","text":" "}']) {
    assert.equal((await post(feed, wrong))[0], 400, wrong)
  }
  assert.equal((await fetch(`http://127.0.0.1:${feed.port}/notify`)).status, 405)
  assert.deepEqual(await post(feed, right), [200, { tabs: 0 }])
})

test('a body that does not come is not waited for', async (t) => {
  const feed = await startFeed(t)
  const headers = { authorization: `Bearer ${feed.token}`, 'content-length': 1_000 }
  const waiting = request({ port: feed.port, host: '127.0.0.1', path: '/notify', method: 'POST', headers })
  const status = new Promise<number | undefined>((resolve, reject) => {
    waiting.on('response', (answer) => resolve(answer.statusCode))
    waiting.on('error', reject)
  })
  waiting.write('{')
  assert.equal(await within('the request to be ended', status, 30_000), 408)
})

test('serves its page; refuses a wrong user with 400; ends what does not speak its language with 1008', async (t) => {
  const feed = await startFeed(t)
  const page = await fetch(`http://127.0.0.1:${feed.port}/?user=ada`)
  assert.match(page.headers.get('content-security-policy') ?? '', /default-src 'none'; script-src 'self'/)
  for (const [, path] of (await page.text()).matchAll(/(?:src|href)="(\/[^"]+)"/g)) {
    assert.equal((await fetch(`http://127.0.0.1:${feed.port}${path}`)).status, 200, path)
  }
  assert.equal((await fetch(`http://127.0.0.1:${feed.port}/main.js`)).status, 404)
  const nobody = new WebSocket(`ws://127.0.0.1:${feed.port}/feed?user=%3Cb%3E`)
  const error = await within('a refusal', new Promise((resolve) => nobody.once('error', resolve)))
  assert.match(String(error), /Unexpected server response: 400/)
  for (const wrong of ['hello', '{"type":"read","id":"x"}', 'null', Buffer.from('{}')]) {
    const { socket } = await tabOf(t, feed, 'ada')
    assert.equal((await endOf(socket, () => socket.send(wrong))).code, 1008)
  }
})

test('SIGTERM: every tab is closed with 1001 and the process exits with 0', async (t) => {
  const feed = await startFeed(t)
  const { socket } = await tabOf(t, feed, 'ada')
  const ending = endOf(socket, () => {})
  assert.equal(await feed.stop('SIGTERM'), 0)
  assert.equal((await ending).code, 1001)
})
