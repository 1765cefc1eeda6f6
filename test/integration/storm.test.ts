/** The storm of test/drills/storm.ts in small: 300 ask where 100 may. Shown to fail when something else is expected. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { TYPESCRIPT } from '../support/typescript.ts'

const DRILL = fileURLToPath(new URL('../drills/storm.ts', import.meta.url))
const DEADLINE_MS = 120_000

interface Ran {
  readonly code: number
  readonly holds: boolean
  readonly failed: readonly string[]
}

function storm(...flags: string[]): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const args = [TYPESCRIPT, DRILL, '--wanted', '300', '--may', '100', '--flight', '300', ...flags]
    execFile(process.execPath, args, { timeout: DEADLINE_MS }, (error, stdout, stderr) => {
      const code = error === null ? 0 : Number(error.code ?? -1)
      if (code !== 0 && code !== 1) {
        reject(new Error(`ended with ${code}: ${stderr}`))
        return
      }
      const { holds, checks } = JSON.parse(stdout) as { holds: boolean; checks: { what: string; holds: boolean }[] }
      resolve({ code, holds, failed: checks.filter((check) => !check.holds).map(({ what }) => what) })
    })
  })
}

test('300 ask at once where 100 may, twice', async () => {
  assert.deepEqual(await storm(), { code: 0, holds: true, failed: [] })
})

test('it fails when another number is expected', async () => {
  const { code, holds, failed } = await storm('--expect', '101', '--rounds', '1')
  assert.deepEqual([code, holds], [1, false])
  assert.ok(failed.includes('round 1: let in') && failed.includes('round 1: open'), failed.join())
})
