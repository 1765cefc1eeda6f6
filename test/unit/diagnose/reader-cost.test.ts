/** The memory that whoever reads snapshots needs itself is counted beside what the process takes, where both come from the same. */
import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fits, readerCost, snapshotCost } from '../../../src/diagnose/doctor/snapshot-cost.ts'

const MB = 1_000_000
const KIB = 1_024

test('three snapshots need more room than one, and none is left where the process takes all', (t) => {
  const root = mkdtempSync(join(tmpdir(), 'holdfast-cost-'))
  t.after(() => rmSync(root, { recursive: true, force: true }))
  const machine = (bytes: number): void => {
    mkdirSync(join(root, 'proc/self'), { recursive: true })
    mkdirSync(join(root, 'proc/7'), { recursive: true })
    writeFileSync(join(root, 'proc/meminfo'), `MemAvailable: ${Math.round(bytes / KIB)} kB\n`)
  }
  const group = (pid: string, name: string): void => writeFileSync(join(root, `proc/${pid}/cgroup`), `0::/${name}\n`)
  const limit = (name: string, bytes: number): void => {
    mkdirSync(join(root, 'sys/fs/cgroup', name), { recursive: true })
    writeFileSync(join(root, 'sys/fs/cgroup', name, 'memory.max'), `${bytes}\n`)
    writeFileSync(join(root, 'sys/fs/cgroup', name, 'memory.current'), '0\n')
  }
  // A heap of 100 MB takes 900 MB more for a snapshot; to read it takes 350 MB, or 850 MB for three.
  machine(1_400 * MB)
  const cost = snapshotCost(100 * MB, 7, root)
  assert.deepEqual(
    [fits(cost), fits(readerCost(cost, 7, 1, root)), fits(readerCost(cost, 7, 3, root))],
    [true, true, false],
  )

  machine(100_000 * MB)
  limit('mine', 1_400 * MB)
  group('self', 'mine')
  group('7', 'mine')
  assert.deepEqual([fits(readerCost(cost, 7, 1, root)), fits(readerCost(cost, 7, 3, root))], [true, false])
  group('7', 'another')
  assert.ok(fits(readerCost(cost, 7, 3, root)), 'what another group takes is not ours')
})
