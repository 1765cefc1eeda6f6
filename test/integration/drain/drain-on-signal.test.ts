/** drainOnSignal() in processes of their own: the first signal drains and closes, the second ends at once, nothing stays. */
import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { type TestContext, test } from 'node:test'
import { createServer, drainOnSignal } from '../../../src/index.ts'
import { until, within } from '../../support/deadline.ts'
import { openRaw } from '../../support/raw-client.ts'
import { makeServer } from '../../support/serving.ts'

interface Program {
  readonly child: ChildProcess
  readonly port: number
  output(): string
}

/** Starts `source` with a server and an application beside it. */
async function program(t: TestContext, source: string): Promise<Program> {
  const whole = `
    import { createServer as createHttpServer } from 'node:http'
    import { createServer, drainOnSignal } from 'holdfast'
    const httpServer = createHttpServer((_, response) => response.end('page'))
    const server = createServer({ closeTimeoutMs: 500 })
    server.attach(httpServer)
    process.on('exit', () => console.log('listeners ' + process.listenerCount('SIGTERM')))
    ${source}
    httpServer.listen(0, '127.0.0.1', () => console.log('port ' + httpServer.address().port))`
  const child = spawn(process.execPath, ['--input-type=module', '--eval', whole], {
    cwd: new URL('../../..', import.meta.url),
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  t.after(() => child.kill('SIGKILL'))
  let text = ''
  for (const stream of [child.stdout, child.stderr]) stream?.setEncoding('utf8').on('data', (more) => (text += more))
  await until('the program listens', () => /port \d+/.test(text) || child.exitCode !== null)
  return { child, port: Number(/port (\d+)/.exec(text)?.[1]), output: () => text }
}

async function exitOf({ child }: Program): Promise<{ code: number | null; signal: string | null }> {
  const [code, signal] = await within('the exit', once(child, 'exit'))
  return { code, signal }
}

test('SIGTERM: 1012, then the process ends by itself with 0, a kept-alive page beside it or not', async (t) => {
  const running = await program(
    t,
    `server.route('/', { close: () => console.log('closed') })
     drainOnSignal(server, { httpServer, windowMs: 100, retryAfterMs: [5, 5] })`,
  )
  const agent = { signal: AbortSignal.timeout(10_000) }
  assert.equal(await (await fetch(`http://127.0.0.1:${running.port}/`, agent)).text(), 'page')
  const client = await openRaw(t, running.port)
  const exited = exitOf(running)
  running.child.kill('SIGTERM')
  assert.deepEqual(await client.closeCode(), { code: 1012, reason: '{"retryAfterMs":5}' })
  client.closeFrame(1012)
  assert.deepEqual(await exited, { code: 0, signal: null }, running.output())
  assert.match(running.output(), /closed[\s\S]*listeners 0/)
})

test('a second SIGTERM ends the process at once, as the signal does by itself', async (t) => {
  const running = await program(
    t,
    `server.route('/', { message: () => { console.log('handling'); return new Promise(() => {}) } })
     drainOnSignal(server, { httpServer, windowMs: 60_000, timeoutMs: 60_000 })
     server.on('drain', () => console.log('draining'))`,
  )
  const client = await openRaw(t, running.port)
  client.text('x')
  await until('it runs', () => running.output().includes('handling'))
  const exited = exitOf(running)
  running.child.kill('SIGTERM')
  await until('it drains', () => running.output().includes('draining'))
  running.child.kill('SIGTERM')
  assert.deepEqual(await exited, { code: null, signal: 'SIGTERM' })
})

test('where the application listens too, a second signal ends the drain at once', async (t) => {
  const running = await program(
    t,
    `server.route('/', {})
     process.on('SIGTERM', () => console.log('the application hears it'))
     drainOnSignal(server, { httpServer, windowMs: 60_000, timeoutMs: 60_000 })
     server.on('drain', ({ report }) => console.log(report === null ? 'draining' : 'drained ' + report.total))`,
  )
  const clients = await Promise.all(Array.from({ length: 3 }, () => openRaw(t, running.port)))
  const exited = exitOf(running)
  running.child.kill('SIGTERM')
  await until('it drains', () => running.output().includes('draining'))
  running.child.kill('SIGTERM')
  for (const client of clients) {
    assert.equal((await client.closeCode()).code, 1012)
    client.closeFrame(1012)
  }
  assert.deepEqual(await exited, { code: 0, signal: null })
  assert.match(running.output(), /drained 3[\s\S]*listeners 1/)
})

test('nothing listens any more when the server has closed without a signal, or when it is told so', async (t) => {
  const before = [process.listenerCount('SIGTERM'), process.listenerCount('SIGHUP')]
  const counts = (): number[] => [process.listenerCount('SIGTERM'), process.listenerCount('SIGHUP')]
  const server = createServer()
  drainOnSignal(server, { signals: ['SIGTERM', 'SIGHUP'] })
  assert.deepEqual(
    counts(),
    before.map((count) => count + 1),
  )
  await server.close()
  assert.deepEqual(counts(), before)
  const other = makeServer(t)
  const end = drainOnSignal(other)
  assert.deepEqual(
    other.scope.held().map(({ name }) => name),
    ['drainOnSignal'],
  )
  end()
  end()
  assert.deepEqual([counts(), other.scope.held()], [before, []])
})

test('mistakes are found when it is called, and leave no listener', (t) => {
  const server = makeServer(t)
  const before = process.listenerCount('SIGTERM')
  assert.throws(() => drainOnSignal(server, { windowMs: -1 }), { code: 'HF_OPTION_INVALID' })
  assert.throws(() => drainOnSignal(server, { windows: 1 } as object), { code: 'HF_OPTION_UNKNOWN' })
  assert.throws(() => drainOnSignal(server, { signals: 'SIGTERM' as never }), { code: 'HF_OPTION_INVALID' })
  assert.equal(process.listenerCount('SIGTERM'), before)
})
