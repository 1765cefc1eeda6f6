/** `holdfast run`: starting, serving, stopping, and what it says when it cannot. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { test } from 'node:test'
import { until, within } from '../../support/deadline.ts'
import { openRaw } from '../../support/raw-client.ts'
import {
  AppFolder,
  appWith,
  ECHO,
  isThere,
  MAIN,
  PATIENCE_MS,
  ROOT,
  Supervised,
  supervise,
} from '../../support/supervised.ts'

test('two workers serve one port; SIGTERM drains them with 1012, and it exits with 0', async (t) => {
  const run = await supervise(t, new AppFolder(t).write(ECHO), { flags: ['--workers', '2'] })
  assert.equal(run.serving.length, 2)
  const client = await openRaw(t, run.port)
  client.text('hello')
  assert.deepEqual(await client.nextTexts(1), ['hello'])
  run.signal('SIGTERM')
  const { code, reason } = await client.closeCode()
  assert.equal(code, 1012)
  assert.equal(typeof JSON.parse(reason).retryAfterMs, 'number')
  assert.equal(await run.exitCode(), 0)
  assert.deepEqual(run.serving, [])
  assert.equal(run.errors, '')
})

test('a second signal ends everything at once, whatever handlers still do', async (t) => {
  const app = appWith(
    '{ message: () => new Promise(() => {}) }',
    '{ drainTimeoutMs: 60_000, handlerTimeoutMs: 60_000 }',
  )
  const run = await supervise(t, new AppFolder(t).write(app))
  const [worker] = run.serving
  const client = await openRaw(t, run.port)
  client.text('never answered')
  run.signal('SIGINT')
  await run.event('draining')
  assert.ok(isThere(worker!))
  run.signal('SIGINT')
  assert.equal(await run.exitCode(), 0)
  await until('the worker is gone', () => !isThere(worker!))
  await client.gone()
})

test('Ctrl-C goes to all processes of a terminal: workers leave it to the supervisor', async (t) => {
  const run = await supervise(t, new AppFolder(t).write(ECHO), { detached: true })
  const client = await openRaw(t, run.port)
  process.kill(-run.pid, 'SIGINT')
  assert.equal((await client.closeCode()).code, 1012)
  assert.equal(await run.exitCode(), 0)
})

test('a port that is in use is tried for a while; then exit 2', async (t) => {
  const taken = createServer().listen(0, '127.0.0.1')
  await once(taken, 'listening')
  t.after(() => taken.close())
  const { port } = taken.address() as { port: number }
  const app = new AppFolder(t).write(ECHO)
  const late = new Supervised(t, app, { port, flags: ['--bind-timeout', '200ms'] })
  assert.equal(await late.exitCode(), 2)
  assert.match(late.errors, /HF_PORT_IN_USE/)
  assert.equal(late.all('portBusy').length, 1)

  const patient = new Supervised(t, app, { port })
  await patient.event('portBusy')
  taken.close()
  assert.equal((await patient.event('started')).port, port)
})

test('an admin port that is in use: exit 2, and one line that says which port it is', async (t) => {
  const taken = createServer().listen(0, '127.0.0.1')
  await once(taken, 'listening')
  t.after(() => taken.close())
  const { port } = taken.address() as { port: number }
  const run = new Supervised(t, new AppFolder(t).write(ECHO), { flags: ['--admin', String(port)] })
  assert.equal(await run.exitCode(), 2)
  assert.match(
    run.errors,
    /^holdfast run: the admin port: port \d+ is in use; .*; --admin HOST:PORT chooses another.*\n$/,
  )
})

test('an app that cannot be run: exit 1, and what was seen, wanted, to be done', async (t) => {
  const run = new Supervised(t, new AppFolder(t).write('export const server = createServer()\n'), {})
  assert.equal(await run.exitCode(), 1)
  assert.match(
    run.errors,
    /it has no default export; it exports server; wanted export default server.*; add the export/,
  )
})

test('an app that Node takes for CommonJS: it says what to set', async (t) => {
  const run = new Supervised(t, new AppFolder(t).write(ECHO, 'app.cjs'), {})
  assert.equal(await run.exitCode(), 1)
  assert.match(run.errors, /importing it failed: .*outside a module; .*; set "type": "module" in the package.json/)
})

test('an app that is never ready: exit 1', async (t) => {
  const app = new AppFolder(t).write(
    'await new Promise((resolve) => setTimeout(resolve, 1_000_000))\nexport default 1\n',
  )
  const run = new Supervised(t, app, { flags: ['--start-timeout', '3s'] })
  assert.equal(await run.exitCode(), 1)
  assert.match(run.errors, /it was not ready within 3000 ms/)
})

const CALLS: readonly (readonly [args: readonly string[], code: number, says: RegExp])[] = [
  [['--help'], 0, /COMMAND --help/],
  [['--version'], 0, /^\d+\.\d+\.\d+\n$/],
  [['run', '--help'], 0, /--max-old-space-size/],
  [[], 2, /holdfast COMMAND/],
  [['ran'], 2, /no command "ran"/],
  [['run'], 2, /wanted one file/],
  [['run', 'no-such-file.js'], 2, /there is no such file/],
  [['run', 'README.md'], 2, /it ends with "\.md"/],
  [['run', 'README.md', '--prot', '1'], 2, /unknown option --prot; did you mean --port\?/],
  [['run', 'README.md', '--recycle-max-age', '24'], 2, /wanted a time such as/],
]

test('how it is called: exit 2 says what was wrong', async () => {
  for (const [args, wantedCode, says] of CALLS) {
    const child = spawn(process.execPath, [MAIN, ...args], { cwd: ROOT })
    let text = ''
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (chunk) => (text += chunk))
    const [code] = await within(`holdfast ${args.join(' ')}`, once(child, 'close'), PATIENCE_MS)
    assert.match(text, says)
    assert.equal(code, wantedCode, `holdfast ${args.join(' ')}: ${text}`)
  }
})
