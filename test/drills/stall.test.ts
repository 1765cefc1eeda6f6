/** The drill `stall` in its short form, and its control: peers that do not answer pings are ended, and the drill says so. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { drillStall } from './stall.ts'
import { failures } from './verdict.ts'

const SHORT = { blockMs: 3_500, idleTimeoutMs: 2_500, keepaliveIntervalMs: 500, live: 20, dead: 3 }

describe('a server that is blocked for longer than idleTimeoutMs', { concurrency: true }, () => {
  test('ends nobody who answers, and whoever is gone in time', async () => {
    assert.deepEqual(failures(await drillStall(SHORT)), [])
  })

  test('control: peers that do not answer are ended, and that is found', async () => {
    const found = failures(await drillStall({ ...SHORT, live: 5, deaf: true }))
    assert.match(found.join('\n'), /living peers that were ended: 5, 0/)
  })
})
