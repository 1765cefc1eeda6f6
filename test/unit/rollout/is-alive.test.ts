/** A process is alive until it has ended, not until its parent has noticed. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'node:test'
import { isAlive } from '../../../src/rollout/is-alive.ts'
import { until } from '../../support/deadline.ts'

test('this process is; one that has ended is not, though its parent never asks for it', async (t) => {
  assert.equal(isAlive(process.pid), true)
  // What the shell becomes knows nothing of the child it has.
  const parent = spawn('sh', ['-c', 'sleep 0.3 & echo $!; exec sleep 30'], { stdio: ['ignore', 'pipe', 'inherit'] })
  t.after(() => parent.kill('SIGKILL'))
  const [line] = await once(parent.stdout, 'data')
  const pid = Number(String(line))
  assert.equal(isAlive(pid), true)
  await until('it has ended', () => !isAlive(pid))
  // It is still there for who only asks whether the id is taken.
  assert.equal(process.kill(pid, 0), true)
  assert.equal(isAlive(parent.pid ?? 0), true)
})
