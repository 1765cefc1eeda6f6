/**
 * The drill `slow` in its short form, one policy after another. Its controls: a server that keeps the oldest where the newest
 * was asked for, and an application that keeps more than the budget.
 */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { drillSlow, POLICIES, type Policy, type SlowOptions } from './slow.ts'
import { failures } from './verdict.ts'

const MIB = 1024 * 1024

function short(policy: Policy): SlowOptions {
  return {
    ...{ policy, members: 50, slow: 10, bytesPerSecond: 10_000_000, seconds: 1.2, outboxBytesMax: 64 * 1024 },
    outboxTotalBytesMax: policy.startsWith('budget') ? MIB / 2 : 8 * MIB,
    restBytes: 32 * MIB,
  }
}

describe('10 of 50 members never read', { concurrency: 3 }, () => {
  for (const policy of POLICIES) {
    test(policy, async () => {
      const failed = failures(await drillSlow(short(policy)))
      // How quick this machine is, is asked in the drill itself.
      assert.deepEqual(
        failed.filter((line) => !line.startsWith('messages published')),
        [],
      )
    })
  }

  test('control: the wrong policy is found', async () => {
    const found = failures(await drillSlow({ ...short('drop-oldest'), served: 'drop-newest' })).join('\n')
    assert.match(found, /that have the last: 0, 10/)
  })

  test('control: memory over the budget is found', async () => {
    const found = failures(await drillSlow({ ...short('drop-newest'), hoardBytes: MIB / 2 })).join('\n')
    assert.match(found, /^memory grown/m)
  })
})
