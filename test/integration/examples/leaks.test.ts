/**
 * The four leaks, each in three programs: 200 clients come and go; then what can still be reached is counted in the program's
 * own process, and `/debug/work` and `/debug/census` are asked. The programs on ws are the negative controls: if nothing were found there, nothing
 * would be worth anything that is found nowhere else.
 */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { isDeepStrictEqual } from 'node:util'
import type { WebSocket } from 'ws'
import type { WorkReport } from '../../../src/diagnose/work/work.ts'
import { until } from '../../support/deadline.ts'
import { type LeakProcess, type Look, startLeak } from './leak-process.ts'

const LEAKS_URL = new URL('../../../examples/leaks/', import.meta.url)
const FOLDER = fileURLToPath(LEAKS_URL)
const { comeAndGo } = (await import(new URL('clients.js', LEAKS_URL).href)) as {
  comeAndGo: (url: string, count: number, vanish?: number) => Promise<WebSocket[]>
}
const GUIDE = readFileSync(new URL('../../../docs/guides/what-is-alive.md', import.meta.url), 'utf8')
const CLIENTS = 200
const FIRST = 1_000
const DEADLINE_MS = 20_000

interface Leak {
  readonly folder: string
  /** Half of the clients vanish. */
  readonly vanishing?: boolean
  /** What the clients leave behind in the program on ws, and in the broken one. */
  readonly ws: Readonly<Record<string, number>>
  readonly broken: Readonly<Record<string, number>>
  /** What `/debug/census` says of the broken one: kind, route, count. */
  readonly retained: readonly (readonly [kind: string, route: string, count: number])[]
  /** What `/debug/work` says of the broken one: list, route, kind, name, count, and what stands in the line it names. */
  readonly shown: readonly (readonly [
    list: string,
    route: string,
    kind: string,
    name: string,
    count: number,
    line: string,
  ])[]
}

const LEAKS: readonly Leak[] = [
  {
    folder: 'request-in-a-map',
    ws: { WebSocket: 0, IncomingMessage: CLIENTS },
    // A request that has been emptied.
    broken: { Connection: 0, Life: 0, UpgradeRequest: CLIENTS },
    // A map of the application is nothing that work knows of.
    shown: [],
    retained: [['upgrade request', '/', FIRST + CLIENTS]],
  },
  {
    folder: 'never-removed',
    vanishing: true,
    ws: { WebSocket: CLIENTS, IncomingMessage: 0 },
    broken: { Connection: CLIENTS, Life: CLIENTS / 2, UpgradeRequest: 0 },
    shown: [['held', '/', 'timer', 'tick', (FIRST + CLIENTS) / 2, 'connection.scope.every(']],
    // The others have not ended.
    retained: [['connection', '/', (FIRST + CLIENTS) / 2]],
  },
  {
    folder: 'no-deadline',
    ws: { WebSocket: CLIENTS, IncomingMessage: 0 },
    broken: { Connection: CLIENTS, Life: 0, UpgradeRequest: 0 },
    shown: [['left', '/', 'handler', 'message', FIRST + CLIENTS, 'server.route(']],
    retained: [['connection', '/', FIRST + CLIENTS]],
  },
  {
    folder: 'long-lived-emitter',
    ws: { WebSocket: CLIENTS, IncomingMessage: 0 },
    broken: { Connection: CLIENTS, Life: 0, UpgradeRequest: 0 },
    shown: [
      ['held', 'server', 'listener', 'listener for "price"', FIRST + CLIENTS, 'server.scope.listen('],
      ['held', 'server', 'timer', 'tick', FIRST + CLIENTS, 'server.scope.every('],
    ],
    retained: [['connection', '/', FIRST + CLIENTS]],
  },
]

const NOTHING = { Connection: 0, Life: 0, UpgradeRequest: 0 }

for (const leak of LEAKS) {
  test(`${leak.folder}: with ws, broken, repaired`, async (t) => {
    const ws = await startLeak(t, `${leak.folder}/ws.js`)
    const ofWs = await visited(t, ws, leak, leak.ws)
    assert.deepEqual(ofWs.counts, leak.ws, 'negative control')

    const broken = await startLeak(t, `${leak.folder}/broken.js`)
    const ofBroken = await visited(t, broken, leak, leak.broken, leak.vanishing)
    assert.deepEqual(ofBroken.counts, leak.broken)
    assert.deepEqual(shownOf(await broken.work(), broken.file), leak.shown)
    assert.deepEqual(await broken.census(), leak.retained)

    const repaired = await startLeak(t, `${leak.folder}/repaired.js`)
    const ofRepaired = await visited(t, repaired, leak, NOTHING)
    assert.deepEqual(ofRepaired.counts, NOTHING)
    const { held, running, left, abandoned } = await repaired.work()
    assert.deepEqual({ held, running, left, abandoned }, { held: [], running: [], left: [], abandoned: [] })
    assert.deepEqual(await repaired.census(), [])

    const bytes = [ofWs, ofBroken, ofRepaired].map((look) => Math.round(look.bytes / CLIENTS))
    t.diagnostic(`bytes for each client that has gone: ws ${bytes[0]}, broken ${bytes[1]}, repaired ${bytes[2]}`)
    assert.ok(ofWs.bytes > 2 * ofRepaired.bytes && ofBroken.bytes > ofRepaired.bytes, `bytes: ${bytes}`)
  })
}

/**
 * What the clients have left behind, in classes and bytes. Others come first, so that what is made once is not counted.
 *
 * @param stay those that vanish are not ended
 */
async function visited(
  t: TestContext,
  program: LeakProcess,
  { vanishing = false }: Pick<Leak, 'vanishing'>,
  wanted: Look['counts'],
  stay = false,
): Promise<Look> {
  let staying = 0
  const visit = async (count: number): Promise<Look> => {
    const vanished = await comeAndGo(program.url, count, vanishing ? count / 2 : 0)
    t.after(() => {
      for (const socket of vanished) socket.terminate()
    })
    if (stay) staying += vanished.length
    await settled(program, staying)
    return program.look()
  }
  const before = await visit(FIRST)
  let look = since(before, await visit(CLIENTS))
  // What is on its way out may still be there: a socket lets go of its last request a turn later.
  for (let round = 0; round < 4 && !isDeepStrictEqual(look.counts, wanted); round++) {
    look = since(before, await program.look())
  }
  return look
}

function since(before: Look, after: Look): Look {
  const counts = Object.entries(after.counts).map(([kind, count]) => [kind, count - (before.counts[kind] ?? 0)])
  return { bytes: after.bytes - before.bytes, counts: Object.fromEntries(counts) }
}

/** Waits until no more than `unclosed` connections have not closed; on ws there is nobody to ask. */
async function settled(program: LeakProcess, unclosed: number): Promise<void> {
  if (program.file.endsWith('ws.js')) return void (await sleep(200))
  for (const latest = Date.now() + DEADLINE_MS; (await program.unclosed()) > unclosed; await sleep(50)) {
    if (Date.now() > latest) throw new Error(`${await program.unclosed()} connections do not close; wanted ${unclosed}`)
  }
}

/** What a report says, in the form of `Leak.shown`. */
function shownOf(report: WorkReport, file: string): unknown[] {
  const lines = readFileSync(file, 'utf8').split('\n')
  const lists = { held: report.held, running: report.running, left: report.left, abandoned: report.abandoned }
  return Object.entries(lists).flatMap(([list, groups]) =>
    groups.map(({ route, kind, name, count, lines: sites }) => {
      const [site] = sites
      if (site !== undefined) {
        assert.equal(site.file, file)
        assert.ok(
          GUIDE.includes(`"line": ${site.line} }`),
          `docs/guides/what-is-alive.md shows line ${site.line} of ${file}`,
        )
      }
      const text = site === undefined ? '' : (lines[site.line - 1] ?? '')
      return [list, route, kind, name, count, /\S*(scope\.\w+|server\.route)\(/.exec(text)?.[0] ?? text]
    }),
  )
}

const programs = readdirSync(FOLDER, { recursive: true, encoding: 'utf8' }).filter((name) =>
  /(ws|broken|repaired)\.js$/.test(name),
)

test('each program runs by itself, and its clients can be sent to it', { concurrency: 2 }, async (t) => {
  assert.equal(programs.length, 3 * LEAKS.length)
  for (const program of programs) {
    await t.test(program, async () => {
      const { child, printed, code } = run([`${FOLDER}${program}`])
      await until('it says where it is', () => /ws:\/\/localhost:\d+\//.test(printed()))
      const [url = ''] = /ws:\/\/localhost:\d+\//.exec(printed()) ?? []
      assert.equal(printed().includes('/debug/work'), !program.endsWith('ws.js'))
      const clients = run([`${FOLDER}clients.js`, url, '--count', '3'])
      assert.deepEqual([await clients.code, clients.printed()], [0, '3 came, 3 left, 0 vanished\n'])
      child.kill('SIGTERM')
      assert.equal(await code, 0, printed())
    })
  }
})

/** Node with a program, both outputs of it, and its exit code. */
function run(args: readonly string[]) {
  const env = { ...process.env, PORT: '0', ADMIN_PORT: '0' }
  const child = spawn(process.execPath, args, { env, timeout: DEADLINE_MS })
  let printed = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      printed += chunk
    })
  }
  const code = once(child, 'close').then(([number]) => number as number | null)
  return { child, code, printed: () => printed }
}
