/** The command around a soak: Ctrl-C leaves the target as it was, and `--why` hands a leak to whoever can name it. */
import assert from 'node:assert/strict'
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
    await assert.rejects(over, /it was stopped after \d+ rounds/)
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
})
