/** The command around a soak: Ctrl-C leaves the target as it was, and `--why` hands a leak to whoever can name it. */
import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import type { Terminal } from '../../../src/cli/command.ts'
import { soakCommand } from '../../../src/cli/soak.ts'
import { listeningPorts } from '../../../src/diagnose/inspect/process-facts.ts'
import { until } from '../../support/deadline.ts'
import { nodeTarget, QUICK } from '../../support/soak-targets.ts'

interface Recorded extends Terminal {
  readonly lines: string[]
  readonly notes: string[]
  interrupt(): void
}

function recorded(): Recorded {
  const [lines, notes]: [string[], string[]] = [[], []]
  const listeners: (() => void)[] = []
  return {
    ...{ lines, notes, draw: null, ask: null, screen: null, env: {} },
    out: (line) => lines.push(line),
    note: (line) => notes.push(line),
    onSignal: (_, listener) => listeners.push(listener),
    onUnread: () => {},
    interrupt: () => listeners[0]?.(),
  }
}

const SMALL = ['--connections', '40', '--rounds', '5', '--settle', '0ms']

describe('the command', () => {
  test('when it is interrupted closes the inspector, and could not run', async (t) => {
    const { pid, port } = await nodeTarget(t, 'ws-target.js', ['repaired'])
    const before = listeningPorts(pid)
    const terminal = recorded()
    const url = `ws://127.0.0.1:${port}/`
    const over = soakCommand(null).run([url, ...QUICK, '--pid', String(pid), '--settle', '10m'], terminal)
    over.catch(() => {})
    await until('it has opened the inspector', () => listeningPorts(pid).size === 2, 30_000)
    terminal.interrupt()
    await assert.rejects(over, /it was stopped after \d+ rounds|stopped by SIGINT/)
    assert.deepEqual(listeningPorts(pid), before)
  })

  test('asks for the cause of a leak when it is told to, with the inspector of the target free', async (t) => {
    const { pid, port } = await nodeTarget(t, 'ws-target.js', ['leak', '8000'])
    const ports: number[] = []
    const command = soakCommand(async (asked, round) => {
      ports.push(asked, listeningPorts(pid).size)
      await round()
      return ['the map "kept"']
    })
    const args = [`ws://127.0.0.1:${port}/`, ...QUICK, ...SMALL, '--pid', String(pid)]
    const asked = recorded()
    assert.equal(await command.run([...args, '--why'], asked), 1)
    assert.deepEqual(ports, [pid, 1])
    assert.equal(asked.lines.at(-1), 'the map "kept"')
    assert.equal(await command.run(args, recorded()), 1)
    assert.equal(ports.length, 2, 'control: nobody was asked')
    await assert.rejects(soakCommand(null).run([...args, '--why'], recorded()), /--why/)
  })

  test('tells its verdict, and writes its page, also when the cause cannot be named, or when it is stopped meanwhile', async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'holdfast-soak-'))
    t.after(() => rmSync(folder, { recursive: true, force: true }))
    const { pid, port } = await nodeTarget(t, 'ws-target.js', ['leak', '8000'])
    const args = [`ws://127.0.0.1:${port}/`, ...QUICK, ...SMALL, '--pid', String(pid), '--why']
    const page = join(folder, 'page.html')
    const failing = recorded()
    const fails = soakCommand(() => Promise.reject(new Error('there is no memory for it')))
    assert.equal(await fails.run([...args, '--html', page], failing), 1)
    assert.match(failing.lines[0] ?? '', /^LEAK/)
    assert.equal(failing.lines.at(-1), 'no cause is named: there is no memory for it')
    assert.match(readFileSync(page, 'utf8'), /LEAK/)

    const stopped = recorded()
    const waits = soakCommand(async (_pid, _round, _terminal, signal) => {
      stopped.interrupt()
      assert.ok(signal.aborted)
      throw signal.reason
    })
    assert.equal(await waits.run([...args, '--html', '/dev/full'], stopped), 2)
    assert.match(stopped.lines[0] ?? '', /^LEAK/)
    assert.equal(stopped.lines.at(-1), 'no cause is named: stopped by SIGINT')
    assert.match(stopped.notes.at(-1) ?? '', /^--html \/dev\/full: it is not written: ENOSPC/)

    const unfit = ['ws://127.0.0.1:1/', ...QUICK, '--pid', '2000000000', '--html', join(folder, 'none.html')]
    await assert.rejects(soakCommand(null).run(unfit, recorded()), /2000000000/)
    assert.ok(!existsSync(join(folder, 'none.html')))
  })

  test('says in a line what is wrong with a login', async () => {
    await assert.rejects(soakCommand(null).run(['ws://%zz:b@127.0.0.1/', '--pid', '1'], recorded()), {
      code: 'HF_SOAK_FAILED',
      message: /a % in the login of the URL that stands for nothing; wanted a % as %25/,
    })
  })
})
