/**
 * The price ticker as a process: every reader gets every move, a slow one gets what its socket had and then the newest of each
 * symbol, and is not ended for being slow.
 */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { WebSocket } from 'ws'
import { until } from '../../support/deadline.ts'
import { endOf } from '../peers/ws-client.ts'
import { type ExampleProcess, startExample } from './example-process.ts'

const MAIN = 'ticker/main.js'
const SYMBOLS = 2_000

interface Facts {
  readonly readers: number
  readonly sent: number
  readonly replaced: number
}

async function factsOf(ticker: ExampleProcess): Promise<Facts> {
  return (await (await fetch(`http://localhost:${ticker.port}/facts`)).json()) as Facts
}

/** A client that notes the number of each price, by symbol, from its very first message. */
function read(t: TestContext, ticker: ExampleProcess): { socket: WebSocket; numbers: Map<string, number[]> } {
  const socket = new WebSocket(`ws://localhost:${ticker.port}/prices`)
  t.after(() => socket.terminate())
  const numbers = new Map<string, number[]>()
  socket.on('message', (data) => {
    const [symbol = '', , number] = data.toString().split(' ')
    const seen = numbers.get(symbol)
    if (seen === undefined) numbers.set(symbol, [Number(number)])
    else seen.push(Number(number))
  })
  return { socket, numbers }
}

const gapsOf = (numbers: readonly number[]): number[] =>
  numbers.slice(1).map((number, index) => number - numbers[index]!)

test('prints its addresses, serves its page, and ends with 1001 on SIGTERM', async (t) => {
  const ticker = await startExample(MAIN, ['--port', '0'])
  t.after(() => ticker.stop())
  const page = await fetch(`http://localhost:${ticker.port}/`)
  assert.match(page.headers.get('content-security-policy') ?? '', /default-src 'none'; script-src 'self'/)
  for (const [, path] of (await page.text()).matchAll(/(?:src|href)="(\/[^"]+)"/g)) {
    assert.equal((await fetch(`http://localhost:${ticker.port}${path}`)).status, 200, path)
  }
  assert.equal((await fetch(`http://localhost:${ticker.port}/../ticker.js`)).status, 200)
  assert.equal((await fetch(`http://localhost:${ticker.port}/main.js`)).status, 404)
  const { socket, numbers } = read(t, ticker)
  await until('every symbol has come', () => numbers.size === 8)
  const ending = endOf(socket, () => {})
  assert.equal(await ticker.stop('SIGTERM'), 0)
  assert.equal((await ending).code, 1001)
})

test('a reader that keeps up gets every move of every symbol, in order', async (t) => {
  const ticker = await startExample(MAIN, ['--port', '0', '--every-ms', '10'])
  t.after(() => ticker.stop())
  const { numbers } = read(t, ticker)
  await until('prices have moved', () => numbers.size === 8 && [...numbers.values()].every(({ length }) => length > 10))
  for (const [symbol, seen] of numbers) assert.deepEqual(new Set(gapsOf(seen)), new Set([1]), symbol)
  assert.equal((await factsOf(ticker)).replaced, 0)
})

test('a slow reader gets the newest price of each symbol when it reads again, and nothing older after it', async (t) => {
  const ticker = await startExample(MAIN, ['--port', '0', '--every-ms', '10', '--symbols', String(SYMBOLS)])
  t.after(() => ticker.stop())
  const { socket, numbers } = read(t, ticker)
  await until('every symbol has come', () => numbers.size === SYMBOLS)
  socket.pause()
  let facts = await factsOf(ticker)
  for (const latest = Date.now() + 30_000; facts.replaced < 20 * SYMBOLS && Date.now() < latest; ) {
    await sleep(50)
    facts = await factsOf(ticker)
  }
  assert.ok(facts.replaced >= 20 * SYMBOLS, `prices are replaced while it sleeps: ${JSON.stringify(facts)}`)
  assert.equal(facts.readers, 1, 'it was not ended for being slow')

  socket.resume()
  await until('each symbol has left out what was replaced', () =>
    [...numbers.values()].every((seen) => gapsOf(seen).some((gap) => gap > 1)),
  )
  for (const [symbol, seen] of numbers) {
    assert.ok(
      gapsOf(seen).every((gap) => gap > 0),
      `${symbol}: an older price never follows a newer one`,
    )
  }
})
