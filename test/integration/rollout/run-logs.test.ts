/** `holdfast run --log`: supervisor and workers in one stream, each line of ECS and whole; and what it prints without. */
import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { describe, type TestContext, test } from 'node:test'
import { until, within } from '../../support/deadline.ts'
import { openRaw } from '../../support/raw-client.ts'
import { AppFolder, appWith, MAIN, PATIENCE_MS, ROOT } from '../../support/supervised.ts'
import { wrongIn } from '../../unit/ops/logs/ecs-fields.ts'

type Line = Readonly<Record<string, unknown>>

const APP = appWith(`{
  open: () => console.log('the app prints this'),
  message(connection, message) {
    JSON.parse(String(message))
  },
}`).replace("server.on('error', () => {})\n", '')

function serves(line: Line): boolean {
  return line['holdfast.worker.state'] === 'serving'
}

class Run {
  out = ''
  errors = ''
  readonly ended: Promise<number | null>
  readonly #child: ChildProcess

  constructor(t: TestContext, flags: readonly string[], app = APP, isRead = true) {
    const args = ['run', new AppFolder(t).write(app), '--port', '0', '--host', '127.0.0.1', '--admin', 'off', ...flags]
    const env = { ...process.env, NODE_TEST_CONTEXT: undefined }
    const child = spawn(process.execPath, [MAIN, ...args], { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'pipe'] })
    this.#child = child
    if (isRead) {
      child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
        this.out += chunk
      })
    }
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      this.errors += chunk
    })
    this.ended = new Promise((resolve) => child.on('exit', (code) => resolve(code)))
    t.after(async () => {
      // Its workers notice.
      child.kill('SIGKILL')
      await within('it to be gone', this.ended)
    })
  }

  get lines(): Line[] {
    const whole = this.out.slice(0, this.out.lastIndexOf('\n') + 1)
    return whole.split('\n').flatMap((line) => (line.startsWith('{') ? [JSON.parse(line)] : []))
  }

  of(action: string): Line[] {
    return this.lines.filter((line) => line['event.action'] === action)
  }

  async stop(): Promise<number | null> {
    this.#child.kill('SIGTERM')
    return await within('it to end', this.ended, PATIENCE_MS)
  }
}

describe('holdfast run --log', { concurrency: false }, () => {
  test('json: lines of both, with worker and version, beside what the app prints', async (t) => {
    const run = new Run(t, ['--log', 'json', '--log-level', 'debug', '--workers', '2'])
    await until('it has started', () => run.of('started').length === 1, PATIENCE_MS)
    const port = Number(run.of('bound')[0]?.['holdfast.port'])
    // Both were there from the start, so each has been linked to the other: neither link came before the log.
    const linkedFirst = new Set(run.of('linked').map((line) => line['holdfast.worker.slot']))
    assert.deepEqual([...linkedFirst].sort(), [0, 1])
    const client = await openRaw(t, port, '/?token=s3cret', { Authorization: 'Bearer s3cret' })
    client.text('s3cret')
    await until('the end is written', () => run.of('close').length === 1, PATIENCE_MS)
    // One dies: its supervisor says so, and the other that its link is down, and up again.
    const [first, second] = run.of('worker').filter(serves)
    process.kill(Number(first?.['holdfast.worker.pid']), 'SIGKILL')
    await until('it is said', () => run.of('crash').length === 1 && run.of('linked').length >= 3, PATIENCE_MS)
    const link = run.of('unlinked').find((line) => line['process.pid'] === second?.['holdfast.worker.pid'])
    assert.equal(link?.['holdfast.worker.slot'], second?.['holdfast.worker.slot'])
    assert.equal(run.of('crash')[0]?.['error.message'], 'it was ended by SIGKILL')
    await until('another serves', () => run.of('worker').filter(serves).length === 3, PATIENCE_MS)
    assert.equal(await run.stop(), 0)
    const { lines } = run
    assert.deepEqual(lines.flatMap(wrongIn), [])
    for (const action of ['open', 'error', 'close', 'linked', 'unlinked', 'drain']) {
      const [line = {}] = run.of(action)
      assert.ok([0, 1].includes(Number(line['holdfast.worker.slot'])), action)
      assert.equal(line['holdfast.worker.version'], 1, action)
    }
    const [opened, failed, ended] = ['open', 'error', 'close'].map((action) => run.of(action)[0])
    assert.equal(new Set([opened, failed, ended].map((line) => line?.['holdfast.connection.id'])).size, 1)
    assert.equal(new Set([opened, failed, ended].map((line) => line?.['process.pid'])).size, 1)
    assert.equal(run.of('ended').length, 1)
    assert.match(run.out, /^the app prints this$/m)
    assert.doesNotMatch(run.out + run.errors, /s3cret/)
    assert.equal(run.errors, '')
  })

  test('without messages: of errors class, code and lines of code, also of what a worker dies of; and a name for the service', async (t) => {
    const app = appWith(`{
      message(connection, message) {
        const error = new RangeError('own words: ' + message)
        if (String(message) !== 'die') throw error
        setImmediate(() => { throw error })
      },
    }`).replace("server.on('error', () => {})\n", '')
    const run = new Run(t, ['--log', 'json', '--log-service', 'chat', '--log-without-messages'], app)
    await until('it has started', () => run.of('started').length === 1, PATIENCE_MS)
    const port = Number(run.of('bound')[0]?.['holdfast.port'])
    ;(await openRaw(t, port)).text('s3cret')
    await until('it is written', () => run.of('error').length === 1, PATIENCE_MS)
    ;(await openRaw(t, port)).text('die')
    await until('it has died', () => run.of('crash').length === 1, PATIENCE_MS)
    assert.equal(await run.stop(), 0)
    const [failed = {}, crash = {}] = [run.of('error')[0], run.of('crash')[0]]
    assert.deepEqual([failed['error.type'], failed['error.message']], ['RangeError', undefined])
    assert.equal(crash['error.message'], 'RangeError, whose message is left out')
    for (const line of [failed, crash]) assert.match(String(line['error.stack_trace']), /^at .*app\.mjs/)
    assert.doesNotMatch(run.out, /own words/)
    assert.match(run.errors, /own words/, 'negative control: Node prints it where it dies')
    assert.deepEqual(new Set(run.lines.map((line) => line['service.name'])), new Set(['chat']))
  })

  test('nobody reads it: it ends all the same when it is told to', async (t) => {
    // More than a pipe holds, so that what comes behind waits.
    const tells = `${APP}console.log('x'.repeat(500_000))
const look = setInterval(() => {
  if (!server.ready) return
  clearInterval(look)
  console.error('it serves')
}, 20)
`
    const run = new Run(t, ['--log', 'json'], tells, false)
    await until('it serves', () => run.errors.includes('it serves'), PATIENCE_MS)
    assert.equal(await run.stop(), 0)
  })

  test('pretty: for people, to standard error; without a terminal without colours', async (t) => {
    const run = new Run(t, ['--log', 'pretty'])
    await until('it has started', () => /all workers serve/.test(run.errors), PATIENCE_MS)
    assert.equal(await run.stop(), 0)
    assert.match(run.errors, /^\d\d:\d\d:\d\d\.\d{3} INFO {2}worker 0 v1 drain: begun with 0 connections/m)
    assert.match(run.errors, /INFO {2}the supervisor has ended/)
    assert.ok(!run.errors.includes(String.fromCharCode(27)))
    assert.equal(run.out, '')
  })

  test('without it, and no terminal: the sentences of the supervisor, as ever', async (t) => {
    const run = new Run(t, [])
    await until('it has started', () => /holdfast: 1 worker on/.test(run.errors), PATIENCE_MS)
    assert.equal(await run.stop(), 0)
    assert.match(run.errors, /^holdfast: worker 0 serves/m)
    assert.equal(run.out, '')
  })

  test('what it cannot do is said, with 2', async (t) => {
    for (const [flags, said] of [
      [['--log', 'xml'], /--log xml: wanted json, pretty or brief/],
      [['--log', 'json', '--json'], /wanted one of them/],
      [['--log-level', 'loud'], /--log-level loud: wanted one of trace/],
      [['--log', 'brief', '--log-without-messages'], /wanted --log json or --log pretty with it/],
      [
        ['--drain-window', '31s', '--drain-timeout', '30s'],
        /--drain-window 31s: wanted no more than --drain-timeout 30s/,
      ],
      [['--json', '--log-without-messages'], /wanted --log json or --log pretty with it/],
    ] as const) {
      const run = new Run(t, flags)
      assert.equal(await within('it to end', run.ended, PATIENCE_MS), 2)
      assert.match(run.errors, said)
    }
  })
})
