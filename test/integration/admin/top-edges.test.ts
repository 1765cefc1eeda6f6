/**
 * `holdfast top` and `holdfast status` where something is wrong: servers that say what no server should, or nothing any more; workers that are stuck; readers
 * that have left; terminals that are narrow, change, or do not say how large they are.
 */
import assert from 'node:assert/strict'
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, type TestContext, test } from 'node:test'
import { stripVTControlCharacters } from 'node:util'
import { admin, readyWhen } from '../../../src/ops/index.ts'
import { holdfast } from '../../support/command-line.ts'
import { deferred, until, within } from '../../support/deadline.ts'
import { makeServer } from '../../support/serving.ts'
import { MAIN, PATIENCE_MS } from '../../support/supervised.ts'
import { openWs } from '../peers/ws-client.ts'

/** A title for the terminal, another page, C1, text that runs backwards. */
const EVIL = 'a\x1b]0;owned\x07\x1b[2J\u009b31m\u202eb\nc'
const OBEYED = /(?!\n)[\p{Cc}\p{Bidi_Control}\u2028\u2029]/u

const WORKER = {
  ...{ slot: 0, pid: 4242, generation: 1, state: 'serving', stateMs: 1, ageMs: 1, connections: 3, rooms: 0 },
  ...{ rssBytes: 2 ** 27, heapUsedBytes: 1, heapLimitBytes: 2, quietLooks: 0, imbalances: [], notReady: [] },
}
const STATUS = {
  ...{ holdfast: '0.1.0', node: 'v24.0.0', state: 'serving', ready: true, pid: 4241, uptimeMs: 1, rssBytes: 1 },
  ...{ listening: { address: '127.0.0.1', port: 8080 }, generation: 1, file: 'app.js', connections: 3 },
  ...{ workers: [WORKER], givenUp: [], reloads: 0, reloadsFailed: 0, lastReload: null, progress: null },
  ...{ recycles: 0, crashes: 0, autopsies: [], totals: { accepted: 3 } },
}

/** What answers like an admin port. @param answerOf null: it says nothing */
async function pretend(
  t: TestContext,
  answerOf: (path: string) => { readonly status?: number; readonly body: string } | null,
): Promise<number> {
  const server = createServer((request, response) => {
    const given = answerOf(request.url ?? '')
    if (given === null) return
    response.writeHead(given.status ?? 200, { 'X-Content-Type-Options': 'nosniff' }).end(given.body)
  })
  t.after(() => {
    server.close()
    server.closeAllConnections()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}

function saying(status: object): (path: string) => { readonly status?: number; readonly body: string } {
  return (path) => (path === '/status' ? { body: JSON.stringify(status) } : { status: 404, body: 'no' })
}

describe('whatever a server says', { concurrency: true }, () => {
  test('a terminal obeys none of it', async (t) => {
    const lookOf = {
      ledger: { routes: { [EVIL]: { open: 1, opening: 0, draining: 0, moving: 0, closing: 0 } }, imbalances: [EVIL] },
    }
    const look = { look: { server: { ...lookOf, census: { report: null }, drain: null }, loop: null } }
    const wrong = { ...WORKER, state: EVIL, imbalances: [EVIL], notReady: [{ reason: EVIL, detail: EVIL }] }
    const autopsy = {
      at: 1,
      slot: 0,
      pid: 1,
      generation: 1,
      verdict: EVIL,
      sentence: EVIL,
      left: [],
      finding: null,
      tookMs: 0,
    }
    const status = {
      ...{ ...STATUS, ready: false, holdfast: EVIL, node: EVIL, state: EVIL, listening: { address: EVIL, port: EVIL } },
      ...{ workers: [WORKER, wrong], givenUp: [{ slot: 1, reason: EVIL }], autopsies: [autopsy] },
      lastReload: { generation: 2, reason: EVIL },
    }
    assert.match(JSON.stringify(status), OBEYED, 'the control')
    const port = await pretend(t, (path) => {
      if (path === '/status') return { body: JSON.stringify(status) }
      if (path === '/reload') return { body: `${JSON.stringify({ error: { message: EVIL } })}\n` }
      if (path === '/drain') return { body: `${JSON.stringify({ ended: { reason: EVIL, failed: true } })}\n` }
      return path.endsWith('/look') ? { body: JSON.stringify(look) } : { status: 403, body: EVIL }
    })
    for (const command of [
      ['status'],
      ['top', '--once', '--every', '100ms'],
      ['reload'],
      ['drain'],
      ['status', '--json'],
    ]) {
      const { code, out, errors } = await holdfast([...command, '--admin', String(port)], { COLUMNS: '500' })
      assert.equal(code, 1, errors)
      assert.doesNotMatch(out + errors, OBEYED, command.join(' '))
      assert.match(out + errors, /owned/, `${command.join(' ')}: it is told all the same`)
    }
    const json = await holdfast(['status', '--json', '--admin', String(port)])
    assert.deepEqual(JSON.parse(json.out), status, 'as JSON it is what was said')
    const once = await holdfast(['top', '--once', '--json', '--every', '100ms', '--admin', String(port)])
    assert.doesNotMatch(once.out, OBEYED)
    assert.equal(JSON.parse(once.out).routes[0].route, EVIL)
  })

  test('a refusal is one line', async (t) => {
    const port = await pretend(t, () => ({ status: 403, body: EVIL }))
    for (const command of ['status', 'top', 'reload', 'drain']) {
      const { code, errors } = await holdfast([command, '--admin', String(port)])
      assert.equal(code, 2)
      assert.match(errors, /^holdfast \w+: the admin port 127\.0\.0\.1:\d+ answers 403: a\\x1b.*b c\n$/)
      assert.doesNotMatch(errors, OBEYED)
    }
  })

  test('what is no status is said to be none, without a trace', async (t) => {
    for (const body of ['5', 'null', '[]', '{"workers":3}', '{"ledger":null}', '{"workers":[]}']) {
      const port = await pretend(t, () => ({ body }))
      for (const command of body.includes('3') ? [['status'], ['top', '--once']] : [['status']]) {
        const { code, out, errors } = await holdfast([...command, '--admin', String(port)])
        assert.deepEqual([code, out], [2, ''], body)
        assert.match(errors, /^holdfast \w+: (that|what answers at port \d+) is no admin port of .*\n$/, body)
      }
    }
  })
})

test('status and top say which worker is stuck, which lets nobody in, and whose ledger does not balance', async (t) => {
  const cases: readonly (readonly [string, object, number, RegExp])[] = [
    ['all is well', {}, 0, /^0 +4242 .*serving/m],
    ['stuck', { quietLooks: 7 }, 1, /^(! )?worker 0 is stuck: its event loop has not turned for about 7 s$/m],
    ['quiet for a moment', { quietLooks: 2 }, 0, /^0 +4242/m],
    [
      'not ready',
      { notReady: [{ reason: 'condition', detail: 'settings: not loaded' }] },
      1,
      /^(! )?worker 0 is not ready: condition: settings: not loaded$/m,
    ],
  ]
  for (const [name, worker, code, line] of cases) {
    const port = await pretend(t, saying({ ...STATUS, workers: [{ ...WORKER, ...worker }] }))
    const status = await holdfast(['status', '--admin', String(port)])
    assert.equal(status.code, code, name)
    assert.match(status.out, line)
    const top = await holdfast(['top', '--once', '--every', '100ms', '--admin', String(port)])
    assert.match(top.out, line)
  }
  const port = await pretend(t, saying({ ...STATUS, workers: [{ ...WORKER, imbalances: ['a = b: 1 is not 2'] }] }))
  const { code, out } = await holdfast(['status', '--admin', String(port)])
  assert.equal(code, 1)
  assert.match(out, /^worker 0: the ledger does not balance: a = b: 1 is not 2$/m)
  // One that lets nobody in beside one that does is no reason to be woken.
  const beside = { ...WORKER, slot: 1, notReady: [{ reason: 'over limit', detail: 'connectionsMax' }] }
  const two = await pretend(t, saying({ ...STATUS, workers: [WORKER, beside] }))
  assert.equal((await holdfast(['status', '--admin', String(two)])).code, 0)
})

test('a server that is not ready is not said to drain, and says why', async (t) => {
  const work = deferred()
  const server = makeServer(t, { drainTimeoutMs: 60_000, drainWindowMs: 0, route: { message: () => work.promise } })
  await server.listen({ port: 0, host: '127.0.0.1' })
  const { port } = await admin(server, { port: 0 })
  const where = ['--admin', String(port)]
  const socket = await openWs(`ws://127.0.0.1:${server.port}/`)
  t.after(() => socket.terminate())
  const end = readyWhen(server, 'settings', () => 'not loaded')
  const top = await holdfast(['top', '--once', '--every', '100ms', ...where])
  assert.equal(top.code, 1)
  assert.match(top.out, /^not ready, up/)
  assert.match(top.out, /^! not ready: condition: .*settings.*not loaded/m)
  assert.match(top.out, new RegExp(`^– +${process.pid} .*not ready`, 'm'))
  assert.doesNotMatch(top.out, /drain:/)
  const status = await holdfast(['status', ...where])
  assert.equal(status.code, 1)
  assert.match(status.out, /^not ready: condition: .*settings.*not loaded/m)
  end()
  assert.equal((await holdfast(['status', ...where])).code, 0, 'the control')
  socket.send('work')
  await until('it works', () => server.ledger().messagesReceived === 1)
  const drained = server.drain()
  const draining = await holdfast(['top', '--once', '--every', '100ms', ...where])
  assert.match(draining.out, /^draining, up/)
  assert.match(draining.out, /drain: 1 of 1 connections are left/)
  work.resolve()
  await drained
})

test('when nobody reads any more what it says, top ends', async (t) => {
  const port = await pretend(t, saying(STATUS))
  const child = spawn(process.execPath, [MAIN, 'top', '--json', '--every', '100ms', '--admin', String(port)])
  t.after(() => child.kill('SIGKILL'))
  const exited = once(child, 'exit')
  await within('a line', once(child.stdout, 'data'), PATIENCE_MS)
  child.stdout.destroy()
  const [code, signal] = await within('top to end', exited, PATIENCE_MS)
  assert.deepEqual([code, signal], [0, null])
})

/** top in a terminal of that size. */
class Watched {
  readonly child: ChildProcess
  readonly exited: Promise<unknown[]>
  seen = ''

  constructor(t: TestContext, port: number, size: string, ...flags: string[]) {
    const top = [process.execPath, MAIN, 'top', '--admin', String(port), ...flags].join(' ')
    // Of Debian's bsdutils, which is everywhere: a terminal around a program.
    this.child = spawn('script', ['-qfec', `stty ${size}; tty; echo pid $$; exec ${top}`, '/dev/null'], {
      env: { ...process.env, NO_COLOR: '1', TERM: 'xterm', COLUMNS: undefined, LINES: undefined },
    })
    this.exited = once(this.child, 'exit')
    t.after(() => this.child.kill('SIGKILL'))
    this.child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
      this.seen += chunk
    })
  }

  /** What was drawn, the last of it last. */
  get frames(): string[][] {
    return this.seen
      .split('\x1b[H')
      .slice(1)
      .filter((frame) => frame.includes('\x1b[J'))
      .map((frame) => (frame.split('\x1b[J')[0] ?? '').split(/\r+\n/).map(stripVTControlCharacters))
  }

  get tty(): string {
    return /(\/dev\/\S+)/.exec(this.seen)?.[1] ?? ''
  }

  get pid(): number {
    return Number(/pid (\d+)/.exec(this.seen)?.[1])
  }

  async drawn(what: string, holds: (frame: readonly string[]) => boolean): Promise<readonly string[]> {
    await until(`${what}: ${this.seen}`, () => this.frames.some(holds), PATIENCE_MS)
    return this.frames.findLast(holds) ?? []
  }

  async isLeft(): Promise<void> {
    await within(`top to end: ${this.seen}`, this.exited, PATIENCE_MS)
    assert.ok(this.seen.trimEnd().endsWith('\x1b[?7h\x1b[?25h\x1b[?1049l'), 'the terminal is as before')
  }
}

describe('top in a terminal', { concurrency: true }, () => {
  test('that does not say how large it is has a frame all the same', async (t) => {
    const top = new Watched(t, await pretend(t, saying(STATUS)), 'rows 0 cols 0')
    const frame = await top.drawn('a frame', (lines) => lines.at(-1) === 'q: end   space: stand still')
    assert.match(frame[0] ?? '', /^serving on 127\.0\.0\.1 port 8080/)
    top.child.stdin?.write('q')
    await top.isLeft()
  })

  test('that becomes narrower is drawn anew at once, also while it stands still; no line is longer', async (t) => {
    const top = new Watched(t, await pretend(t, saying(STATUS)), 'rows 12 cols 60', '--every', '1h')
    await top.drawn('a frame', (lines) => lines.at(-1)?.startsWith('q: end') === true)
    top.child.stdin?.write(' ')
    await top.drawn('it stands still', (lines) => lines.at(-1)?.startsWith('stands still') === true)
    assert.equal(spawnSync('stty', ['-F', top.tty, 'rows', '6', 'cols', '16']).status, 0)
    const narrow = await top.drawn('a narrow frame', (lines) => lines.at(-1) === 'stands still; s…')
    assert.ok(narrow.length <= 6 && narrow.every((line) => line.length <= 16), narrow.join('|'))
    top.child.stdin?.write('q')
    await top.isLeft()
  })

  test('says in one line that the server has gone, and goes on when it is back', async (t) => {
    let isThere = true
    const port = await pretend(t, (path) =>
      isThere ? saying(STATUS)(path) : { status: 503, body: `${'long '.repeat(40)}` },
    )
    const top = new Watched(t, port, 'rows 12 cols 50', '--every', '100ms')
    await top.drawn('a frame', (lines) => lines.at(-1)?.startsWith('q: end') === true)
    isThere = false
    const frame = await top.drawn('it has gone', (lines) => lines.at(-1)?.startsWith('the admin port') === true)
    assert.ok(
      frame.every((line) => line.length <= 50),
      frame.join('|'),
    )
    assert.match(frame[0] ?? '', /^serving/, 'what was seen last stays')
    const before = top.frames.length
    isThere = true
    await until(
      'it goes on',
      () => top.frames.slice(before).some((lines) => lines.at(-1)?.startsWith('q: end')),
      PATIENCE_MS,
    )
    top.child.stdin?.write('\x03')
    await top.isLeft()
  })

  test('ends with q while a server that says nothing is waited for', async (t) => {
    let isDeaf = false
    let waiting = 0
    const port = await pretend(t, (path) => {
      if (!isDeaf) return saying(STATUS)(path)
      waiting++
      return null
    })
    const top = new Watched(t, port, 'rows 12 cols 100', '--every', '100ms')
    await top.drawn('a frame', (lines) => lines.at(-1)?.startsWith('q: end') === true)
    isDeaf = true
    await until('it is asked', () => waiting > 0, PATIENCE_MS)
    top.child.stdin?.write('q')
    await top.isLeft()
    assert.ok(!top.seen.includes('does not answer'), 'it has not waited for the answer')
  })

  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
    test(`is as before after ${signal}`, async (t) => {
      const top = new Watched(t, await pretend(t, saying(STATUS)), 'rows 12 cols 60')
      await top.drawn('a frame', (lines) => lines.at(-1)?.startsWith('q: end') === true)
      process.kill(top.pid, signal)
      await top.isLeft()
    })
  }
})
