/**
 * The drill `scrape` in its short form: what it costs is asked in the drill itself, with bounds that any machine keeps to here. Its control: a process
 * that is stuck each time it is asked.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { drillScrape } from './scrape.ts'
import { failures } from './verdict.ts'

const SHORT = { connections: 200, settleMs: 100, perSecond: 1, pauseMaxMs: 2_000 }

test('a server with 200 connections is asked for its metrics; one that is stuck meanwhile is found', async () => {
  const [found, controlled] = await Promise.all([
    drillScrape({ ...SHORT, turns: 2, seconds: 1, stuckMs: 0, shareMax: 0.5 }),
    drillScrape({ ...SHORT, turns: 1, seconds: 2, stuckMs: 2_500 }),
  ])
  assert.deepEqual(failures(found), [])
  const stuck = failures(controlled)
  assert.equal(stuck.length, 2, stuck.join('; '))
  assert.match(stuck[0] ?? '', /^share of a core that being asked takes: /)
  assert.match(stuck[1] ?? '', /^longest pause while it is asked: /)
})
