/** Reloads that meet something else on their way: a worker that dies or has no descriptors left, a signal, an app that ends its server. */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { until } from '../../support/deadline.ts'
import { openRaw, type RawClient } from '../../support/raw-client.ts'
import { AppFolder, appWith, ECHO, isThere, PATIENCE_MS, type Supervised, supervise } from '../../support/supervised.ts'

async function says(client: RawClient, text: string): Promise<void> {
  const before = client.texts.length
  client.text(text)
  assert.equal((await client.nextTexts(before + 1))[before], text)
}

/** Nothing of it runs; it goes on when the test is over, so that it can be ended. */
function stopped(t: TestContext, run: Supervised, pid: number): void {
  process.kill(pid, 'SIGSTOP')
  t.after(() => run.living.includes(pid) && process.kill(pid, 'SIGCONT'))
}

test('the old worker dies before the new one is started: one other is, not two', async (t) => {
  const run = await supervise(t, new AppFolder(t).write(ECHO))
  const [old] = run.serving
  stopped(t, run, old!)
  const outcome = run.reload()
  await run.event('progress')
  process.kill(old!, 'SIGKILL')
  assert.equal((await outcome).event, 'reloadFailed')
  await until('another serves', () => run.serving.length === 1 && run.serving[0] !== old, PATIENCE_MS)
  // Longer than the pause after a first crash.
  await new Promise((resolve) => setTimeout(resolve, 300))
  await until('nobody else starts', () => run.all('worker').every(({ pid }) => pid === old || pid === run.serving[0]))
  assert.equal((await run.reload()).event, 'reloaded')
  await until('one worker is left', () => run.living.length === 1, PATIENCE_MS)
})

/** Works, and dies, when the test says so: by a file beside it. */
const LINGERING = `import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
const told = (name) => existsSync(fileURLToPath(new URL(name, import.meta.url)))
const DIE = false
if (DIE) setInterval(() => { if (told('die')) process.exit(9) }, 20).unref()
${appWith(
  `{
    async message(connection, message) {
      while (message === 'work' && !told('done')) await new Promise((resolve) => setTimeout(resolve, 20))
      connection.send(message)
    },
  }`,
  '{ drainWindowMs: 100, drainTimeoutMs: 60_000, handlerTimeoutMs: 60_000 }',
)}`

test('the new worker dies while the old one drains: the reload fails, and the version before serves at once', async (t) => {
  const folder = new AppFolder(t)
  const app = folder.write(LINGERING)
  const run = await supervise(t, app, { flags: ['--busy-move', '100ms'] })
  const [old] = run.serving
  const [mover, busy] = [await openRaw(t, run.port), await openRaw(t, run.port)]
  await says(mover, 'hello')
  busy.text('work')
  folder.write(LINGERING.replace('DIE = false', 'DIE = true'))
  const outcome = run.reload()
  await until('the old one drains', () => run.all('progress').some(({ phase }) => phase === 'draining'), PATIENCE_MS)
  folder.write(LINGERING)
  folder.write('', 'die')
  const { event, reason } = await outcome
  assert.deepEqual([event, reason], ['reloadFailed', 'the new worker died: it ended with code 9'])
  await mover.gone()
  assert.ok(isThere(old!), 'the old one still works')
  await says(await openRaw(t, run.port), 'somebody serves')
  folder.write('', 'done')
  assert.deepEqual(await busy.nextTexts(1), ['work'])
  assert.equal((await busy.closeCode()).code, 1012)
  await until('one worker is left', () => run.living.length === 1, PATIENCE_MS)
  assert.equal((await run.reload()).event, 'reloaded')
  await until('one worker is left', () => run.living.length === 1, PATIENCE_MS)
})

test('SIGTERM while a reload is about to start a worker: none is started, and it ends', async (t) => {
  const run = await supervise(t, new AppFolder(t).write(ECHO))
  const [old] = run.serving
  stopped(t, run, old!)
  run.signal('SIGHUP')
  await run.event('progress')
  run.signal('SIGTERM')
  await run.event('draining')
  process.kill(old!, 'SIGCONT')
  assert.equal(await run.exitCode(), 0)
  assert.equal(run.living.length, 0)
})

/** An app whose worker can be left with so many descriptors, by what it is told or at once. */
const FILES = `import { closeSync, openSync, readdirSync } from 'node:fs'
const taken = []
function fill(left) {
  for (;;) try { taken.push(openSync('/dev/null')) } catch { break }
  for (let count = 0; count < left; count++) closeSync(taken.pop())
}
function free() { for (const fd of taken.splice(0)) closeSync(fd) }
`
const handoff = (restoring: string): string =>
  `handoff: { save: ({ data }) => data, restore: (data) => { ${restoring}; return data } },`
const FEW = ['sh', '-c', 'ulimit -n 250; exec "$0" "$@"']

const NAMED = `${FILES}${appWith(`{
  HANDOFF
  upgrade: (request) => ({ name: request.params.name }),
  message(connection, message) {
    if (message === 'fill') fill(0)
    if (message === 'free') free()
    connection.send(connection.data.name)
  },
}`).replace("route('/'", "route('/:name'")}`

test('an old worker without descriptors cannot hand over, and goes on', async (t) => {
  const run = await supervise(t, new AppFolder(t).write(NAMED.replace('HANDOFF', '')), { through: FEW })
  const [old] = run.serving
  const client = await openRaw(t, run.port, '/ann')
  client.text('fill')
  assert.deepEqual(await client.nextTexts(1), ['ann'])
  const { event, reason } = await run.reload()
  assert.equal(event, 'reloadFailed')
  assert.match(String(reason), /the old worker did not open its lane: .*EMFILE/)
  assert.deepEqual(run.serving, [old])
  client.text('free')
  assert.deepEqual(await client.nextTexts(2), ['ann', 'ann'])
  assert.deepEqual([(await run.reload()).moved], [1])
})

test('a new worker without descriptors: who does not fit stays, and nobody becomes somebody else', async (t) => {
  const folder = new AppFolder(t)
  const run = await supervise(t, folder.write(NAMED.replace('HANDOFF', handoff(''))), { through: FEW })
  const names = Array.from({ length: 100 }, (_, index) => `client${index}`)
  const clients = await Promise.all(names.map((name) => openRaw(t, run.port, `/${name}`)))
  // Full from the first that comes, and a little less now and then.
  const crowd = `let crowd = null
function crowded() { crowd ??= setInterval(() => { free(); fill(3) }, 3).unref() }
`
  folder.write(crowd + NAMED.replace('HANDOFF', handoff('crowded()')))
  const { event } = await run.reload()
  assert.equal(event, 'reloaded')
  let served = 0
  for (const [index, client] of clients.entries()) {
    client.text('who am I?')
    await until('an answer, or the end', () => client.texts.length > 0 || client.closed)
    if (client.texts.length > 0) served++
    assert.ok(
      client.texts.every((text) => text === names[index]),
      `${names[index]} is served as ${client.texts}`,
    )
  }
  t.diagnostic(`${served} of ${clients.length} were moved`)
  assert.ok(served > 0)
})

test('an app that closes its server itself is replaced, as after a crash', async (t) => {
  const app = appWith(`{
    message(connection, message) {
      if (message === 'close') void server.close()
      else connection.send(message)
    },
  }`)
  const run = await supervise(t, new AppFolder(t).write(app))
  const [old] = run.serving
  const client = await openRaw(t, run.port)
  client.text('close')
  const crash = await run.event('crash')
  assert.deepEqual([crash.pid, crash.reason], [old, 'the app has closed its server'])
  await client.gone()
  await until('another serves', () => run.serving.length === 1 && run.serving[0] !== old, PATIENCE_MS)
  await says(await openRaw(t, run.port), 'hello')
})

test('many SIGHUPs: what the file is at the last of them is what serves', async (t) => {
  const folder = new AppFolder(t)
  const version = (number: number): string => appWith(`{ message: (connection) => void connection.send('v${number}') }`)
  const run = await supervise(t, folder.write(version(1)))
  const client = await openRaw(t, run.port)
  for (let number = 2; number < 12; number++) {
    folder.write(version(number))
    run.signal('SIGHUP')
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  await until(
    'the last version serves',
    () => {
      client.text('which?')
      return client.texts.at(-1) === 'v11'
    },
    PATIENCE_MS,
  )
  assert.ok(run.all('reloaded').length < 10, 'one reload does for several signals')
  assert.equal(client.closed, false)
})
