/** `/healthz` and `/readyz` of a supervisor: what its workers say of themselves, which one, and what silence means. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { QUIET_LOOKS_MAX } from '../../../src/ops/health/supervisor-health.ts'
import { ask } from '../../support/admin-client.ts'
import { holdfast } from '../../support/command-line.ts'
import { scrape } from '../../support/exposition.ts'
import { openRaw } from '../../support/raw-client.ts'
import { AppFolder, appWith, ECHO, PATIENCE_MS, supervise } from '../../support/supervised.ts'

interface Told {
  readonly status: number
  readonly ok: boolean
  readonly reasons: readonly {
    reason: string
    detail: string
    worker?: { slot: number; pid: number; version: number }
  }[]
}

async function probe(port: number, path: string): Promise<Told> {
  const { status, body } = await ask(port, path)
  return { status, ...JSON.parse(body) }
}

/** Asks until it says so. */
async function saying(port: number, path: string, holds: (told: Told) => boolean): Promise<Told> {
  const latest = Date.now() + PATIENCE_MS
  for (;;) {
    const told = await probe(port, path)
    if (holds(told)) return told
    if (Date.now() > latest) throw new Error(`${path} never said so; it says ${JSON.stringify(told)}`)
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

/** `holdfast_ready`, by worker. */
async function readyOf(port: number): Promise<Record<string, number>> {
  const series = [...(await scrape(port))].filter(([key]) => key.startsWith('holdfast_ready'))
  return Object.fromEntries(series.map(([key, value]) => [/worker="(\w+)"/.exec(key)?.[1] ?? key, value]))
}

const BLOCKS = appWith(`{
  message(connection, message) {
    const until = Date.now() + Number(message)
    while (Date.now() < until);
    connection.send('free')
  },
}`)

describe('a supervisor', { concurrency: false }, () => {
  test('is not alive while a worker that serves is stuck, and names it; alive again when it turns', async (t) => {
    const run = await supervise(t, new AppFolder(t).write(BLOCKS), { flags: ['--workers', '2'] })
    assert.deepEqual(await probe(run.adminPort, '/healthz'), { status: 200, ok: true, reasons: [] })
    const client = await openRaw(t, run.port)
    const beganAt = Date.now()
    client.text(String((QUIET_LOOKS_MAX + 15) * 1_000))
    const { status, reasons } = await saying(run.adminPort, '/healthz', ({ ok }) => !ok)
    assert.equal(status, 503)
    const [stuck, ...more] = reasons
    assert.deepEqual([stuck?.reason, more], ['stuck', []])
    assert.ok(run.serving.includes(stuck?.worker?.pid ?? 0), 'it is a worker that serves')
    assert.equal(run.serving[stuck?.worker?.slot ?? -1], stuck?.worker?.pid)
    assert.ok(
      Date.now() - beganAt >= (QUIET_LOOKS_MAX - 2) * 1_000,
      'not at once: a long pause is no reason to restart',
    )
    // The other one goes on.
    const ready = await probe(run.adminPort, '/readyz')
    assert.deepEqual([ready.ok, ready.reasons.map(({ reason }) => reason)], [true, ['stuck']])
    await saying(run.adminPort, '/healthz', ({ ok }) => ok)
  })

  test('is ready while one worker is; says of which one it is not, and why', async (t) => {
    const app = appWith('{}', '{ drainWindowMs: 100, connectionsMax: 1 }')
    const run = await supervise(t, new AppFolder(t).write(app), { flags: ['--workers', '2'] })
    assert.deepEqual(await probe(run.adminPort, '/readyz'), { status: 200, ok: true, reasons: [] })
    assert.deepEqual(await readyOf(run.adminPort), { supervisor: 1, 0: 1, 1: 1 })
    const clients = [await openRaw(t, run.port)]
    assert.match((await holdfast(['status', '--admin', String(run.adminPort)])).out, /^serving on /, 'the control')
    const one = await saying(run.adminPort, '/readyz', ({ reasons }) => reasons.length === 1)
    assert.deepEqual(await readyOf(run.adminPort), {
      ...{ supervisor: 1, 0: 1, 1: 1 },
      [one.reasons[0]?.worker?.slot ?? '']: 0,
    })
    assert.deepEqual(run.all('notReady'), [])
    assert.deepEqual([one.ok, one.reasons[0]?.reason, one.reasons[0]?.worker?.version], [true, 'over limit', 1])
    // Whoever has room takes it, but the one that is full may be asked first.
    for (let tries = 0; tries < 200; tries++) {
      const open = await openRaw(t, run.port).then(
        () => true,
        () => false,
      )
      if (open) break
    }
    const both = await saying(run.adminPort, '/readyz', ({ ok }) => !ok)
    assert.deepEqual(both.reasons.map(({ worker }) => worker?.slot).sort(), [0, 1])
    // The metrics say the same, and what is printed.
    const full = { supervisor: 0, 0: 0, 1: 0 }
    assert.deepEqual(await readyOf(run.adminPort), full)
    const { reasons } = (await run.event('notReady')) as unknown as { reasons: string[] }
    assert.deepEqual(reasons.map((text) => text.slice(0, 21)).sort(), [
      'worker 0: over limit:',
      'worker 1: over limit:',
    ])
    assert.equal(run.all('notReady').length, 1)
    const where = ['--admin', String(run.adminPort)]
    const status = await holdfast(['status', ...where])
    assert.equal(status.code, 1)
    assert.match(status.out, /^not ready on 127\.0\.0\.1 port/)
    assert.match(status.out, /^not ready: worker 0: over limit: .*connectionsMax; worker 1: over limit: /m)
    assert.doesNotMatch(status.out, /^worker 0 is not ready/m, 'said once')
    const top = await holdfast(['top', '--once', '--every', '100ms', ...where])
    assert.equal(top.code, 1)
    assert.match(top.out, /^not ready on 127\.0\.0\.1 port/)
    assert.match(top.out, /^! not ready: worker 0: over limit: /m)
    assert.equal(run.all('ready').length, 0)
    clients[0]?.closeFrame(1000)
    await run.event('ready')
    assert.deepEqual(Object.values(await readyOf(run.adminPort)).sort(), [0, 1, 1])
    assert.equal((await probe(run.adminPort, '/healthz')).ok, true)
  })

  test('is not ready before the settings of its app are there; a condition of the app', async (t) => {
    const ops = JSON.stringify(new URL('../../../dist/ops/index.js', import.meta.url).href)
    const app = `import { readyWhen } from ${ops}\n${ECHO}\nlet loaded = false\nreadyWhen(server, 'settings', () => loaded || 'not loaded yet')\nprocess.on('SIGUSR2', () => { loaded = true })\n`
    const run = await supervise(t, new AppFolder(t).write(app))
    const told = await probe(run.adminPort, '/readyz')
    assert.deepEqual([told.status, told.reasons[0]?.detail], [503, 'settings: not loaded yet'])
    for (const pid of run.serving) process.kill(pid, 'SIGUSR2')
    await saying(run.adminPort, '/readyz', ({ ok }) => ok)
  })

  test('is not ready while all drain', async (t) => {
    const busy = appWith('{ message: () => new Promise((resolve) => setTimeout(resolve, 3_000)) }')
    const run = await supervise(t, new AppFolder(t).write(busy))
    const client = await openRaw(t, run.port)
    client.text('work')
    await new Promise((resolve) => setTimeout(resolve, 200))
    run.signal('SIGTERM')
    await run.event('draining')
    const { ok, reasons } = await probe(run.adminPort, '/readyz')
    assert.deepEqual([ok, reasons.map(({ reason }) => reason)], [false, ['draining']])
  })
})
