/** The process that somebody has the number of is often the one that has started the program, as npm does: then the doctor asks. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { listeningChild } from '../../../src/diagnose/inspect/listening.ts'
import { holdfast } from '../../support/command-line.ts'
import { started } from '../../support/soak-targets.ts'

const LISTENS = 'net.createServer().listen(0, function () { console.log(this.address().port) })'
const STARTS = `child_process.spawn(process.execPath, ['--inspect-port=0', '-e', '${LISTENS}', 'main.js'], { stdio: 'inherit' })`
const DEADLINE_MS = 120_000

test('nothing found in a process whose child listens: the child may be meant', async (t) => {
  const parent = await started(t, process.execPath, ['--inspect-port=0', '-e', STARTS])
  const child = listeningChild(parent.pid)
  assert.ok(child !== null)
  try {
    const asked = await holdfast(['doctor', String(parent.pid), '--yes'], {}, DEADLINE_MS)
    assert.equal(asked.code, 0, asked.errors)
    assert.match(asked.out, /^NOTHING FOUND: /)
    const meant = `process ${parent.pid} has children; did you mean ${child.pid} (node --inspect-port=0 -e net.`
    assert.ok(asked.errors.includes(meant), asked.errors)
    const control = await holdfast(['doctor', String(child.pid), '--yes'], {}, DEADLINE_MS)
    assert.equal(control.code, 0, control.errors)
    assert.doesNotMatch(control.errors, /did you mean/, 'control: it listens itself')
  } finally {
    process.kill(child.pid, 'SIGKILL')
  }
})
