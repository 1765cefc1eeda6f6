/**
 * The churn soak in its short form: 10 waves of 200, after which the ledger is exact. So few say nothing about 20 bytes for each
 * connection, so memory is judged only in the control, where the server keeps 100,000 bytes of each.
 */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { TYPESCRIPT } from '../support/typescript.ts'
import { BYTES_EACH_MAX, type SoakRun, soakSelf } from './soak-self.ts'
import { failures, type Verdict } from './verdict.ts'

const WORK = fileURLToPath(new URL('.work', import.meta.url))
mkdirSync(WORK, { recursive: true })
const out = mkdtempSync(join(WORK, 'test-'))
after(() => rmSync(out, { recursive: true, force: true }))

const SHORT = { waves: 10, perWave: 200, quietMs: 100, leakBytes: 0, out, say: () => {} }
const LEAK_BYTES = 100_000
const DEADLINE_MS = 180_000

/** Runs a drill as a user does. */
function runMain(args: readonly string[]): Promise<{ status: number; printed: string }> {
  const main = fileURLToPath(new URL('main.ts', import.meta.url))
  return new Promise((resolve) => {
    execFile(process.execPath, [TYPESCRIPT, main, ...args], { timeout: DEADLINE_MS }, (error, printed) => {
      resolve({ status: error === null ? 0 : Number(error.code ?? -1), printed })
    })
  })
}

describe('waves of connections', { concurrency: true }, () => {
  test('leave a ledger that is exact, a chart and the samples', async () => {
    const verdict = await soakSelf(SHORT)
    assert.deepEqual(
      failures(verdict).filter((line) => !line.startsWith('memory')),
      [],
    )
    const run = JSON.parse(readFileSync(join(out, 'soak-self.json'), 'utf8')) as SoakRun
    assert.equal(run.rss.length, SHORT.waves)
    assert.match(readFileSync(join(out, 'soak-self.svg'), 'utf8'), /^<svg [\s\S]*<\/svg>\n$/)
  })

  test('control: a server that keeps something of each is found, and the exit code is 1', async () => {
    const leak = ['--leak', String(LEAK_BYTES), '--out', out, '--json']
    const waves = ['--connections', '2000', '--wave', '100', '--quiet', '0.1']
    const { status, printed } = await runMain(['soak:self', ...waves, ...leak])
    const [verdict] = JSON.parse(printed) as [Verdict]
    assert.match(failures(verdict).join('\n'), /^memory for each connection/)
    assert.equal(status, 1)
    const { slope } = JSON.parse(readFileSync(join(out, `soak-self-leak-${LEAK_BYTES}.json`), 'utf8')) as SoakRun
    assert.ok(slope.low > BYTES_EACH_MAX, `with certainty: ${slope.low} to ${slope.high}`)
  })

  test('a drill that cannot run has the exit code 2', async () => {
    assert.equal((await runMain(['no-such-drill'])).status, 2)
    assert.equal((await runMain(['stall', '--seconds', 'many'])).status, 2)
  })
})
