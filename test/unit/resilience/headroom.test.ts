/** Headroom: how often it looks, how late the loop is, and that nobody's asking leaves no timer. */
import assert from 'node:assert/strict'
import { beforeEach, describe, it } from 'node:test'
import { Headroom } from '../../../src/resilience/headroom.ts'
import { fileBytesOf, memoryLeftBytes } from '../../../src/resilience/memory-left.ts'
import { ManualClock } from '../../support/manual-clock.ts'

let clock: ManualClock
let looks: number
let headroom: Headroom

beforeEach(() => {
  clock = new ManualClock(1_000)
  looks = 0
  headroom = new Headroom({ clock, memory: () => ++looks * 1_000 })
})

describe('memory', () => {
  it('is looked at when asked, at most twice a second', () => {
    assert.equal(looks, 0)
    assert.equal(headroom.memoryBytes(), 1_000)
    clock.advance(499)
    assert.equal(headroom.memoryBytes(), 1_000)
    clock.advance(1)
    assert.equal(headroom.memoryBytes(), 2_000)
    clock.advance(60_000)
    assert.deepEqual([looks, clock.timers], [2, 0])
  })

  it('of this process is some, and less than this machine could have', () => {
    const left = memoryLeftBytes()
    assert.ok(left > 0 && left < 2 ** 50, String(left))
  })

  it('counts pages of files that can be given up, but not those still to be written', () => {
    const v2 = 'anon 500\nfile 900\nfile_dirty 50\ninactive_file 300\nactive_file 200\nslab 7\n'
    assert.equal(fileBytesOf(v2), 450)
    const v1 = 'cache 900\ndirty 600\ninactive_file 300\nactive_file 200\ntotal_inactive_file 5\n'
    assert.equal(fileBytesOf(v1), 0)
    assert.equal(fileBytesOf(''), 0)
  })
})

describe('the delay of the loop', () => {
  it('is 0 until it is known, and of a loop that is on time', () => {
    assert.equal(headroom.loopDelayMs(), 0)
    assert.equal(clock.timers, 1)
    clock.advance(10)
    assert.deepEqual([headroom.loopDelayMs(), clock.timers], [0, 0])
  })

  it('is how late its timer is, before and after it fires', () => {
    headroom.loopDelayMs()
    clock.stick(210)
    assert.equal(headroom.loopDelayMs(), 200)
    clock.advance(0)
    assert.deepEqual([headroom.loopDelayMs(), clock.timers], [200, 0])
  })

  it('is measured again after a while, and one long ago says nothing', () => {
    headroom.loopDelayMs()
    clock.stick(210)
    clock.advance(0)
    clock.advance(600)
    assert.equal(headroom.loopDelayMs(), 200)
    assert.equal(clock.timers, 1)
    clock.advance(10)
    assert.equal(headroom.loopDelayMs(), 0)
    headroom.loopDelayMs()
    clock.advance(5_000)
    assert.equal(headroom.loopDelayMs(), 0)
  })

  it('is not measured any more after the end', () => {
    headroom.loopDelayMs()
    headroom.end()
    assert.equal(clock.timers, 0)
    clock.advance(5_000)
    headroom.loopDelayMs()
    assert.equal(clock.timers, 0)
  })
})
