/** What user code throws and returns is looked at with care: getters that throw, proxies, thenables that break their word. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'node:test'
import type { RouteDeclaration } from '../../src/index.ts'
import { deferred, turn, until, within } from '../support/deadline.ts'
import { connectRaw, openRaw, upgradeText } from '../support/raw-client.ts'
import { errorsOf, makeServer, serve, settled } from '../support/serving.ts'
import { TYPESCRIPT } from '../support/typescript.ts'

/** Things that look like promises and are none. */
const THENABLES: Readonly<Record<string, () => object>> = {
  'a then getter that throws': () => ({
    // biome-ignore lint/suspicious/noThenProperty: this is what is tested.
    get then(): never {
      throw new Error('then getter')
    },
  }),
  'a then that throws': () => ({
    // biome-ignore lint/suspicious/noThenProperty: this is what is tested.
    then(): never {
      throw new Error('then call')
    },
  }),
}

for (const [name, make] of Object.entries(THENABLES)) {
  for (const where of ['upgrade', 'middleware'] as const) {
    test(`${name}, from ${where}: 500, announced once`, async (t) => {
      const server = makeServer<object>(t, { handshakeTimeoutMs: 60_000 })
      server.route<unknown>('/', where === 'upgrade' ? { upgrade: make } : {})
      if (where === 'middleware') server.use(() => make() as Promise<unknown>)
      await server.listen({ port: 0, host: '127.0.0.1' })
      const errors = errorsOf(server)
      const client = await connectRaw(t, server.port)
      client.write(upgradeText('/'))
      assert.equal((await client.answer()).status, 500)
      client.socket.end()
      await settled(server)
      assert.deepEqual(
        errors.map(({ code }) => code),
        ['HF_UPGRADE_FAILED'],
      )
    })
  }
  for (const where of ['open', 'hold', 'message'] as const) {
    test(`${name}, from ${where}: 1011, announced once`, async (t) => {
      const route: RouteDeclaration<undefined> = { [where]: make }
      const server = await serve(t, { handlerTimeoutMs: 60_000, closeTimeoutMs: 60_000, route })
      const errors = errorsOf(server)
      const client = await openRaw(t, server.port)
      client.text('x')
      assert.equal((await client.closeCode()).code, 1011)
      client.closeFrame(1011)
      await settled(server)
      assert.deepEqual(
        errors.map(({ code }) => code),
        ['HF_HANDLER_FAILED'],
      )
    })
  }
  test(`${name}, from close: announced once, and released`, async (t) => {
    const server = await serve(t, { handlerTimeoutMs: 60_000, closeTimeoutMs: 60_000, route: { close: make as never } })
    const errors = errorsOf(server)
    const client = await openRaw(t, server.port)
    client.closeFrame(1000)
    await client.closeCode()
    client.socket.end()
    await until('it is closed', () => server.ledger().closed === 1)
    await settled(server)
    assert.deepEqual(
      errors.map(({ code }) => code),
      ['HF_HANDLER_FAILED'],
    )
  })
  test(`${name}, from what a scope calls: announced, and the rest goes on`, async (t) => {
    let ticks = 0
    let released = 0
    const server = await serve(t, {
      route: {
        open({ scope }) {
          scope.defer(() => released++)
          scope.defer(make)
          scope.after(1, make)
          scope.every(1, () => void ticks++)
        },
      },
    })
    const errors = errorsOf(server)
    const client = await openRaw(t, server.port)
    await until('it ticks', () => ticks > 1 && errors.length > 0)
    client.socket.end()
    await settled(server)
    await until('both are announced', () => errors.length === 2)
    assert.deepEqual(errors.map(({ code }) => code).sort(), ['HF_RELEASE_FAILED', 'HF_TASK_FAILED'])
    assert.equal(released, 1)
  })
}

test('a thenable that settles twice: the next handler still begins only after the one before', async (t) => {
  let running = 0
  let most = 0
  const gate = deferred()
  const settle: (() => void)[] = []
  const server = await serve(t, {
    route: {
      message(_, message) {
        if (message === 'twice') {
          // biome-ignore lint/suspicious/noThenProperty: this is what is tested.
          return { then: (fulfil: () => void) => void settle.push(fulfil) } as unknown as Promise<void>
        }
        most = Math.max(most, ++running)
        return gate.promise.then(() => void running--)
      },
    },
  })
  const client = await openRaw(t, server.port)
  for (const text of ['twice', 'second', 'third']) client.text(text)
  await until('all have come', () => server.ledger().messagesReceived === 3 && settle.length === 1)
  settle[0]!()
  await until('the second runs', () => running === 1)
  settle[0]!()
  for (let turns = 0; turns < 5; turns++) await turn()
  assert.equal(running, 1)
  gate.resolve()
  await until('all are done', () => running === 0)
  assert.equal(most, 1)
})

/** A program of its own, in which nothing may go uncaught: throws each value from each place, without and with a listener. */
const PROGRAM = `
  import { createServer } from './src/index.ts'
  import { openRaw, connectRaw, upgradeText } from './test/support/raw-client.ts'
  import { until } from './test/support/deadline.ts'
  process.on('uncaughtException', (error) => console.log('UNCAUGHT', typeof error))
  process.on('unhandledRejection', (error) => console.log('UNHANDLED', typeof error))
  const fail = () => { throw new Error('a getter') }
  const values = [
    undefined, null, Symbol('x'), Object.create(null), () => {},
    Object.defineProperty(new Error('e'), 'stack', { get: fail }),
    Object.defineProperty(new Error('e'), 'message', { get: fail }),
    Object.defineProperty(new Error('e'), 'name', { get: fail }),
    { get message() { fail() }, toString: fail },
    new Proxy({}, { getPrototypeOf: fail, get: fail }),
    new Proxy(new Error('p'), { get: fail, getPrototypeOf: fail, getOwnPropertyDescriptor: fail, ownKeys: fail, has: fail }),
    new Proxy(() => {}, { get: fail, apply: fail }),
  ]
  const cleanups = []
  const t = { after: (fn) => cleanups.push(fn) }
  for (const listened of [false, true]) {
    const announced = []
    const server = createServer({ closeTimeoutMs: 100, handlerTimeoutMs: 1000, handshakeTimeoutMs: 500 })
    let value
    const boom = () => { throw value }
    const later = async () => { await 1; throw value }
    server.route('/open', { open: boom, close: boom })
    server.route('/hold', { hold: later, close: later })
    server.route('/message', { message: boom })
    server.route('/later', { message: later })
    server.route('/upgrade', { upgrade: boom })
    server.route('/upgrade-later', { upgrade: later })
    server.route('/scope', { open(c) {
      c.scope.defer(boom)
      c.scope.defer(later)
      c.scope.after(0, boom)
      c.task('t', boom).catch(() => {})
      c.task('u', later).catch(() => {})
      c.signal.addEventListener('abort', () => {})
    } })
    if (listened) server.on('error', ({ error }) => announced.push(error.message))
    await server.listen({ port: 0, host: '127.0.0.1' })
    for (value of values) {
      announced.length = 0
      const clients = await Promise.all(['/open', '/hold', '/message', '/later', '/upgrade', '/upgrade-later', '/scope'].map(async (path) => {
        const client = await connectRaw(t, server.port)
        client.write(upgradeText(path))
        await client.answer()
        client.text('x')
        if (path !== '/scope') await until('gone or closing', () => client.ended || client.closed || path.includes('upgrade'))
        return client
      }))
      await new Promise((resolve) => setTimeout(resolve, 40))
      for (const client of clients) client.destroy()
      await until('all are over', () => server.ledger().sockets === 0 && server.connections.size === 0)
      await new Promise(setImmediate)
      if (listened && announced.length !== 13) console.log('ANNOUNCED', announced.length, announced)
    }
    await server.close()
    const kernel = await server.checkKernel()
    if (kernel.imbalances.length) console.log('IMBALANCE', kernel.imbalances)
    if (server.ledger().imbalances.length) console.log('IMBALANCE', server.ledger().imbalances)
    console.log('done', listened)
  }
  for (const fn of cleanups) fn()
`

test('whatever is thrown, from wherever, is announced and crashes nothing', async (t) => {
  const child = spawn(process.execPath, ['--no-warnings', TYPESCRIPT, '--input-type=module', '--eval', PROGRAM], {
    cwd: new URL('../..', import.meta.url),
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  t.after(() => child.kill('SIGKILL'))
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (output += text))
  const [code] = await within('the program', once(child, 'close'), 14_000)
  assert.equal(output, 'done false\ndone true\n')
  assert.equal(code, 0)
})
