/**
 * The drill `half-open` in its short form: a stopped process always, and a link that is cut where this process is root. Its
 * control: nothing happens to the peers, and the drill says that they are still there.
 */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { describe, test } from 'node:test'
import { drillHalfOpen } from './half-open.ts'
import { PeerNetwork } from './network.ts'
import { failures } from './verdict.ts'

const SHORT = { idleTimeoutMs: 2_000, keepaliveIntervalMs: 500, each: 10 }

describe('peers whose network disappears', { concurrency: true }, () => {
  test('are gone in time, counted, and nothing of them is left', async (t) => {
    const verdict = await drillHalfOpen(SHORT)
    t.diagnostic(String(verdict.numbers.how))
    assert.deepEqual(failures(verdict), [])
  })

  test('control: peers whose network is intact stay, and that is found', async () => {
    const found = failures(await drillHalfOpen({ ...SHORT, intact: true, number: 1 })).join('\n')
    assert.match(found, /stopped: ended: 0, 10/)
    if (PeerNetwork.missing() === null) assert.match(found, /cut: ended: 0, 10/)
  })
})

test('no namespace and no link of this process is left', () => {
  const left = [
    spawnSync('ip', ['netns', 'list'], { encoding: 'utf8' }).stdout ?? '',
    spawnSync('ip', ['-o', 'link'], { encoding: 'utf8' }).stdout ?? '',
  ].join('\n')
  assert.ok(!left.includes(`hf-drill-${process.pid}-`) && !left.includes(`hfo${process.pid}-`), left)
})
