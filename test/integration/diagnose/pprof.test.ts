/**
 * `go tool pprof` reads what the admin port answers, and names the functions that were to be found. Controls: a process that keeps nothing
 * is not accused; another sampler is left alone, and the tool shows why there is no profile.
 * Needs: go
 */
import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { request as httpRequest } from 'node:http'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { findGo } from '../../peers/programs.js'
import { ask, CHANGE } from '../../support/admin-client.ts'
import { within } from '../../support/deadline.ts'
import type { ChildDoes } from '../../support/profiled-child.ts'
import type { Owner } from '../../support/supervised.ts'
import { TYPESCRIPT } from '../../support/typescript.ts'

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..')
const CHILD = join(ROOT, 'test', 'support', 'profiled-child.ts')
/** Newer versions of Go compile the tool when it is first used. */
const FIRST_USE_MS = 200_000
const DEADLINE_MS = 60_000
/** In each of them the child allocates some 300 KB. */
const ROUNDS = 60
const folder = mkdtempSync(join(tmpdir(), 'holdfast-pprof-'))
after(() => rmSync(folder, { recursive: true, force: true }))
before(() => run(findGo() ?? '', ['tool', 'pprof', '-h'], FIRST_USE_MS))

/** All that a program prints. */
async function run(program: string, args: readonly string[], deadlineMs = DEADLINE_MS): Promise<string> {
  // What it fetches it keeps, and it would do so at home.
  const env = { ...process.env, PPROF_TMPDIR: folder, PPROF_NO_BROWSER: '1' }
  const child = spawn(program, args, { env, stdio: ['ignore', 'pipe', 'pipe'], timeout: deadlineMs })
  let printed = ''
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (printed += text))
  await within(`${program} ${args.join(' ')}`, once(child, 'close'), deadlineMs)
  return printed
}

/** Starts a child, and tells its port. It ends with whoever it is given to. */
async function start(owner: Owner, does: Partial<ChildDoes>): Promise<number> {
  const whole: ChildDoes = { leaks: false, spins: false, heapFromStart: true, ...does }
  const args = [TYPESCRIPT, CHILD, JSON.stringify(whole)]
  const child: ChildProcess = spawn(process.execPath, args, { cwd: ROOT, stdio: ['pipe', 'pipe', 'inherit'] })
  owner.after(async () => {
    child.kill('SIGKILL')
    if (child.exitCode === null && child.signalCode === null) await within('the child to end', once(child, 'exit'))
  })
  const [line] = await within('the port of the child', once(child.stdout as NodeJS.ReadableStream, 'data'), DEADLINE_MS)
  return Number(String(line))
}

/** The table of `-top`: for each function what it has itself, as the tool writes it, and what with those it calls. */
async function top(
  port: number,
  profile: string,
  ...options: string[]
): Promise<Map<string, { flat: string; cum: string }>> {
  const url = `http://127.0.0.1:${port}/debug/pprof/${profile}`
  const printed = await run(findGo() ?? '', ['tool', 'pprof', '-top', ...options, url])
  const rows = [...printed.matchAll(/^ +(\S+) +\S+% +\S+% +(\S+) +\S+% +(.+)$/gm)]
  assert.ok(/flat%/.test(printed), printed)
  return new Map(rows.map(([, flat = '', cum = '', name = '']) => [name.trim(), { flat, cum }]))
}

/** Of what the child allocates, and what that calls; with `-unit=MB`. */
function megabytes(table: Awaited<ReturnType<typeof top>>): number {
  return Number.parseFloat(table.get('allocateInChild')?.cum ?? '0')
}

/** Waits until the child has allocated some 20 MB more. */
async function working(port: number): Promise<void> {
  const rounds = async () => Number(JSON.parse((await ask(port, '/rounds')).body).rounds)
  const latest = Date.now() + DEADLINE_MS
  for (const enough = (await rounds()) + ROUNDS; (await rounds()) < enough; await sleep(20)) {
    assert.ok(Date.now() < latest, `waited ${DEADLINE_MS} ms for ${ROUNDS} rounds`)
  }
}

describe('go tool pprof, of a process', { concurrency: false }, () => {
  test('heap names who allocated what a process keeps', async (t) => {
    const port = await start(t, { leaks: true })
    await working(port)
    assert.ok(megabytes(await top(port, 'heap', '-unit=MB')) > 4)
    const objects = await top(port, 'heap', '-sample_index=inuse_objects')
    assert.ok(Number(objects.get('allocateInChild')?.cum) > 10_000, JSON.stringify([...objects]))
    assert.ok(megabytes(await top(port, 'heap?seconds=2', '-unit=MB')) > 2)
  })

  test('compiled code is shown as it was written, also without the source maps of Node', async (t) => {
    const source = join(folder, 'written.ts')
    const filler = 'interface Gone {\n  readonly gone: string\n}\n'.repeat(10)
    const body = 'const kept: Gone[][] = []\nexport function run(): void {\n  kept.push(keepInCompiled())\n}\n'
    const kept = `function keepInCompiled(): Gone[] {\n  return Array.from({ length: 5_000 }, (_, n) => ({ gone: String(n) }))\n}\n`
    writeFileSync(source, filler + body + kept)
    writeFileSync(join(folder, 'package.json'), '{"type":"module"}')
    const tsc = join(ROOT, 'node_modules', '.bin', 'tsc')
    const flags = ['--ignoreConfig', '--target', 'es2022', '--module', 'nodenext', '--sourceMap', '--types', '']
    const said = await run(tsc, [...flags, '--outDir', join(folder, 'out'), source])
    const compiled = join(folder, 'out', 'written.js')
    const port = await start(t, { compiled: pathToFileURL(compiled).href })
    await working(port)
    const lines = [...(await top(port, 'heap', '-lines')).keys()].join('\n')
    const line = (filler + body).split('\n').length
    assert.ok(lines.includes(`keepInCompiled ${source}:${line}`), `${said}\n${lines}`)
    assert.ok(!lines.includes('written.js'), lines)
  })

  test('another sampler is left alone, and the tool shows why there is no profile; then there is one', async (t) => {
    const port = await start(t, { leaks: true, otherFirst: true })
    for (const profile of ['heap', 'allocs']) {
      const printed = await run(findGo() ?? '', [
        'tool',
        'pprof',
        '-top',
        `http://127.0.0.1:${port}/debug/pprof/${profile}`,
      ])
      assert.match(printed, /409 Conflict - another heap profiler runs in this process: stop it, then ask again/)
    }
    assert.deepEqual(JSON.parse((await ask(port, '/other')).body), { samples: true })
    await ask(port, '/other/stop', { method: 'POST', headers: CHANGE })
    // In one window of a busy machine there may be no sample of it.
    let isNamed = false
    for (let turn = 0; turn < 5 && !isNamed; turn++)
      isNamed = (await top(port, 'heap?seconds=2')).has('allocateInChild')
    assert.equal(isNamed, true)
  })
})

describe('of a process that keeps nothing', { concurrency: false }, () => {
  const steps: (() => unknown)[] = []
  let port = 0
  before(async () => {
    port = await start({ after: (step) => void steps.push(step) }, { spins: true, holds: true })
  })
  after(() => Promise.all(steps.map((step) => step())))

  test('heap does not name it in a process that keeps nothing; allocs does', async () => {
    await working(port)
    assert.ok(megabytes(await top(port, 'heap', '-unit=MB')) < 2)
    assert.ok(megabytes(await top(port, 'allocs?seconds=2', '-unit=MB')) > 4)
  })

  test('profile names who takes the time', async () => {
    const [[first = ''] = []] = await top(port, 'profile', '-seconds=2')
    assert.equal(first, 'spinInChild')
    const lines = await top(port, 'profile?seconds=1', '-lines')
    const [busiest = ''] = [...lines.keys()]
    // The line that spins, as it is written.
    assert.match(busiest, /^spinInChild .*test\/support\/profiled-child\.ts:\d+$/)
  })

  test('tasks adds up what is under way, by name, route and kind', async () => {
    const counts = await top(port, 'tasks')
    assert.deepEqual(counts.get('saveHistory'), { flat: '3', cum: '3' })
    assert.equal(counts.get('holdInChild')?.cum, '4')
    await working(port)
    assert.notEqual((await top(port, 'tasks', '-sample_index=age')).get('saveHistory')?.flat, '0')
    const tagged = await top(port, 'tasks', '-tagfocus=kind=timer')
    assert.deepEqual([tagged.has('saveHistory'), tagged.get('ticker')?.flat], [false, '1'])
    const page = await ask(port, '/debug/pprof/')
    for (const name of ['heap', 'allocs', 'profile', 'tasks']) assert.match(page.body, new RegExp(`href="${name}"`))
  })

  test('seconds out of bounds get 400; a profile that no one gives is not there', async () => {
    for (const seconds of ['0', '-1', '56', 'x', '', '1.5', '1e1']) {
      for (const profile of ['heap', 'allocs', 'profile']) {
        const { status, body } = await ask(port, `/debug/pprof/${profile}?seconds=${seconds}`)
        assert.deepEqual(
          [status, body],
          [400, 'seconds has to be a whole number from 1 to 55\n'],
          `${profile} ${seconds}`,
        )
      }
    }
    assert.equal((await ask(port, '/debug/pprof/profile?seconds=1')).status, 200)
    assert.equal((await ask(port, '/debug/pprof/goroutine')).status, 404)
  })

  test('a client that leaves ends its profile: the next one begins at once', async () => {
    const leaving = httpRequest({ port, host: '127.0.0.1', path: '/debug/pprof/profile?seconds=30', agent: false })
    const left = once(leaving, 'error')
    leaving.end()
    await within('the request to go out', once(leaving, 'finish'))
    // It has been sent; now it has to begin.
    await new Promise((resolve) => setTimeout(resolve, 1_000))
    const busy = async () => (await ask(port, '/debug/pprof/profile?seconds=1')).status === 409
    assert.equal(await busy(), true)
    leaving.destroy(new Error('it has left'))
    await within('the client to leave', left)
    const latest = Date.now() + 5_000
    while ((await busy()) && Date.now() < latest);
    assert.equal(await busy(), false)
  })
})
