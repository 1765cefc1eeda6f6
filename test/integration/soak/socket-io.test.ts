/**
 * `holdfast soak` on servers of Socket.IO, which want to be talked to in their own words: a script of messages does that.
 *
 * Needs: peers
 */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { assertNear, bytesOf, nodeTarget, soaked } from '../../support/soak-targets.ts'

const KEPT = 8_192
/** A typed array with memory of its own, and its place in a map. */
const ARRAY_EXTRA = 250
const folder = mkdtempSync(join(tmpdir(), 'holdfast-soak-'))
const script = join(folder, 'messages.txt')
writeFileSync(script, 'expect 0{\n40\nexpect 40{\n42["message","hello"]\nexpect 42["message","hello"]\n')
after(() => rmSync(folder, { recursive: true, force: true }))

describe('a server of Socket.IO', { concurrency: 2 }, () => {
  for (const [mode, wanted] of [
    ['leak', 1],
    ['repaired', 0],
  ] as const) {
    test(`${mode}: exit code ${wanted}`, async (t) => {
      const { pid, port } = await nodeTarget(t, 'socket-io-target.js', [mode, String(KEPT)])
      const url = `ws://127.0.0.1:${port}/socket.io/?EIO=4&transport=websocket`
      const flags = ['--pid', String(pid), '--messages', script, '--rounds', mode === 'leak' ? '6' : '14']
      const { code, report } = await soaked(url, flags)
      assert.deepEqual(report.problems, {})
      assert.equal(code, wanted, JSON.stringify(report.verdict))
      if (mode === 'leak') assertNear(bytesOf(report), KEPT + ARRAY_EXTRA)
    })
  }

  test('control: what is expected and does not come is told', async (t) => {
    writeFileSync(join(folder, 'wrong.txt'), 'expect 0{\nexpect never\n')
    const { pid, port } = await nodeTarget(t, 'socket-io-target.js', ['repaired', '10'])
    const url = `ws://127.0.0.1:${port}/socket.io/?EIO=4&transport=websocket`
    const small = ['--connections', '5', '--rounds', '5', '--warmup', '0', '--answer-timeout', '100ms']
    const { report } = await soaked(url, ['--pid', String(pid), '--messages', join(folder, 'wrong.txt'), ...small])
    assert.equal(Object.keys(report.problems)[0], 'no message with "never" within 100 ms')
  })
})
