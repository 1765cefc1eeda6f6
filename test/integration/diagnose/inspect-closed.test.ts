/**
 * The inspector of another process does not stay open: not when it opens too late, not when whoever asked is told to stop, not when it
 * cannot be connected to. And one that the program has opened itself, at whatever port, is used and left open, without a signal.
 */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { type Clock, systemClock } from '../../../src/base/clock.ts'
import { openInspector } from '../../../src/diagnose/inspect/open-inspector.ts'
import { listeningPorts } from '../../../src/diagnose/inspect/process-facts.ts'
import { until, within } from '../../support/deadline.ts'
import { started } from '../../support/soak-targets.ts'
import { isThere } from '../../support/supervised.ts'

const NODE = process.execPath
const PATIENCE_MS = 60_000
const FREE = ['--inspect-port=0', '--input-type=commonjs', '-e']
const folder = mkdtempSync(join(tmpdir(), 'holdfast-inspect-'))
// No wait of the library keeps the process alive, and a process that is looked at may be gone.
const hold = systemClock.hold()
after(() => {
  hold.cancel()
  rmSync(folder, { recursive: true, force: true })
})
let gates = 0

/** What blocks a program, without any time for anything, until it is let go. */
class Gate {
  readonly #path = join(folder, `gate-${++gates}`)
  /** Node's code. */
  readonly code =
    `require('child_process').execFileSync('sh', ['-c', 'until [ -e ${this.#path} ] || [ ! -d ${folder} ]; do sleep 0.1; done'])`

  open(): void {
    writeFileSync(this.#path, '')
  }
}

const blocked = (gate: Gate): string => `console.log(1); setInterval(() => {}, 50); ${gate.code}`

describe('the inspector of another process', { concurrency: 2 }, () => {
  test('that opens too late is closed', async (t) => {
    const gate = new Gate()
    const { pid } = await started(t, NODE, [...FREE, blocked(gate)])
    const notes: string[] = []
    const note = (line: string): void => {
      notes.push(line)
      gate.open()
    }
    await assert.rejects(
      openInspector(pid, systemClock, { openMs: 300, lateMs: PATIENCE_MS, note }),
      /has not opened within 300 ms of SIGUSR1; it has later, and was closed; .*HF_INSPECTOR_FAILED/,
    )
    assert.match(notes.join('\n'), /has not opened yet; it is awaited for 60 s more, to be closed/)
    assert.equal(listeningPorts(pid).size, 0)
    assert.ok(isThere(pid))
  })

  test('that opens still later is told, with what closes it: control, it does open', async (t) => {
    const gate = new Gate()
    const { pid } = await started(t, NODE, [...FREE, blocked(gate)])
    await assert.rejects(
      openInspector(pid, systemClock, { openMs: 300, lateMs: 300 }),
      /SIGUSR1 handler of its own; otherwise .* opens when the process has time.*node inspect -p \d+, then exec .*close\(\)/,
    )
    gate.open()
    await until('it is open', () => listeningPorts(pid).size === 1, PATIENCE_MS)
  })

  test('when the signal aborts before it is open, is awaited a moment, and told', async (t) => {
    const gate = new Gate()
    const { pid } = await started(t, NODE, [...FREE, blocked(gate)])
    const [stop, notes] = [new AbortController(), [] as string[]]
    const options = { openMs: 600_000, lateMs: 600_000, signal: stop.signal, note: (line: string) => notes.push(line) }
    const opening = openInspector(pid, systemClock, options)
    setTimeout(() => stop.abort(new Error('enough')), 300)
    await assert.rejects(within('it gives up', opening, PATIENCE_MS), /enough/)
    assert.match(notes.join('\n'), /opens when the process has time.*node inspect -p/)
    gate.open()
  })

  test('of a process that is blocked when the signal aborts: what waits fails, and it closes when it can', async (t) => {
    const gate = new Gate()
    const { pid } = await started(t, NODE, [...FREE, 'console.log(1); setInterval(() => {}, 50)'])
    const [stop, notes] = [new AbortController(), [] as string[]]
    const inspector = await openInspector(pid, systemClock, { signal: stop.signal, note: (line) => notes.push(line) })
    const asked = inspector.client.evaluate(gate.code, 600_000)
    stop.abort(new Error('enough'))
    await assert.rejects(within('what waits', asked), /enough/)
    assert.equal(await within('its end', inspector.end(), PATIENCE_MS), false)
    assert.match(notes.join('\n'), /is still open on port \d+: it closes when the process has time/)
    assert.equal(listeningPorts(pid).size, 1, 'control: it is open until then')
    gate.open()
    await until('it is closed', () => listeningPorts(pid).size === 0, PATIENCE_MS)
    assert.ok(isThere(pid))
  })

  test('that cannot be connected to is closed', async (t) => {
    const { pid } = await started(t, NODE, [...FREE, 'console.log(1); setInterval(() => {}, 50)'])
    let late = 0
    // The first answer that may take ten seconds is that to who it is, after the signal.
    const hasty: Clock['after'] = (ms, fn) => systemClock.after(ms === 10_000 && late++ === 0 ? 0 : ms, fn)
    await assert.rejects(
      openInspector(pid, { ...systemClock, after: hasty }),
      /does not speak as one: no answer within 10000 ms/,
    )
    assert.equal(listeningPorts(pid).size, 0)
  })

  for (const [how, args] of [
    [
      'by inspector.open(0)',
      ['--input-type=commonjs', '-e', "require('inspector').open(0); console.log(1); setInterval(() => {}, 50)"],
    ],
    ['by --inspect=0', ['--inspect=0', '-e', 'console.log(1); setInterval(() => {}, 50)']],
  ] as const) {
    test(`that the program has opened ${how} is used, and stays open, without a signal`, async (t) => {
      const target = await started(t, NODE, args)
      const before = listeningPorts(target.pid)
      const inspector = await openInspector(target.pid, systemClock)
      assert.ok(inspector.wasOpen)
      assert.equal(await inspector.client.evaluate('process.pid'), target.pid)
      assert.ok(await inspector.end())
      assert.deepEqual(listeningPorts(target.pid), before)
      assert.equal(target.errors().match(/Debugger listening/g)?.length, 1)
    })
  }

  test('is none of the ports that the program serves: neither a list of its own, nor who sends elsewhere', async (t) => {
    const other = await started(t, NODE, ['--inspect=0', '-e', 'console.log(1); setInterval(() => {}, 50)'])
    const [elsewhere] = listeningPorts(other.pid).values()
    const body = JSON.stringify([{ id: 'a-b', type: 'node' }])
    const program = `const { createServer } = require('http'); const asked = [];
      globalThis.asked = asked;
      createServer((request, response) => { asked.push(request.url); response.end('${body}') }).listen(0, '127.0.0.1', () =>
      createServer((request, response) => { asked.push(request.url); response.writeHead(302, { location: 'http://127.0.0.1:${elsewhere}/json/list' }).end() })
      .listen(0, '::1', () => console.log(1)))`
    const { pid } = await started(t, NODE, [...FREE, program])
    const inspector = await openInspector(pid, systemClock)
    assert.equal(inspector.wasOpen, false)
    assert.deepEqual(
      await inspector.client.evaluate('globalThis.asked'),
      ['/json/list', '/json/list'],
      'control: both were asked',
    )
    assert.equal(await inspector.client.evaluate('process.pid'), pid)
    assert.ok(await inspector.end())
    assert.equal(listeningPorts(pid).size, 2)
  })

  test('a process that ends while it is looked at gets no signal', async (t) => {
    // Its port says nothing, so looking takes a while.
    const program = "require('net').createServer(() => {}).listen(0, '127.0.0.1', () => console.log(1))"
    const { pid } = await started(t, NODE, [...FREE, program])
    const opening = openInspector(pid, systemClock)
    setTimeout(() => process.kill(pid, 'SIGKILL'), 300)
    // While the kernel takes it apart it is still there for a moment.
    await assert.rejects(opening, /has ended; .*nothing was sent.*HF_PROCESS_UNFIT|the process has ended/)
  })
})
