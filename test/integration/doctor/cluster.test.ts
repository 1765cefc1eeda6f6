/** The connections of a cluster are in its workers, and the signal to its primary would open the inspectors of all: none is sent, and the workers are named. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { clusterNote, clusterWorkers } from '../../../src/diagnose/inspect/cluster.ts'
import { listeningSockets } from '../../../src/diagnose/inspect/listening-sockets.ts'
import { holdfast } from '../../support/command-line.ts'
import { until } from '../../support/deadline.ts'
import { started } from '../../support/soak-targets.ts'

const DEADLINE_MS = 120_000
const PROGRAM = join(import.meta.dirname, 'clustered.js')

test('the primary of a cluster gets no signal; its workers are named, and can be looked at', async (t) => {
  const primary = await started(t, process.execPath, ['--inspect-port=0', PROGRAM])
  const workers = clusterWorkers(primary.pid).map(({ pid }) => pid)
  assert.equal(workers.length, 2)
  const [worker = 0] = workers
  const all = [primary.pid, ...workers]
  const listening = () => all.map((pid) => listeningSockets(pid).length)
  const before = listening()

  const refused = await holdfast(['doctor', String(primary.pid), '--yes'], {}, DEADLINE_MS)
  assert.equal(refused.code, 2, refused.out)
  assert.match(refused.errors, /is the primary of a cluster.*; give \d+ \(node .* or \d+ \(node .*nothing was sent/s)
  assert.ok(refused.errors.includes(`give ${worker} (`), refused.errors)
  assert.deepEqual(listening(), before)

  const looked = await holdfast(['doctor', String(worker), '--yes'], {}, DEADLINE_MS)
  assert.equal(looked.code, 0, looked.errors)
  assert.match(looked.out, /^NOTHING FOUND: /)
  assert.deepEqual(listening(), before)

  assert.match(clusterNote(primary.pid) ?? '', /primary of a cluster.*did you mean \d+ \(node/)
  assert.match(clusterNote(worker) ?? '', new RegExp(`one of 2 workers of a cluster \\(process ${primary.pid}\\)`))
  assert.equal(clusterNote(process.pid), null, 'control: no cluster')

  // Control: it is as it is said. The signal to the primary opens three inspectors.
  process.kill(primary.pid, 'SIGUSR1')
  await until('the inspectors of all are open', () => listening().every((count, at) => count > (before[at] ?? 0)))
})
