/** The drill `console` in its short form: what it costs is asked in the drill itself. Its control: a process that is stuck once a second while it is watched. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { drillConsole } from './console.ts'
import { failures } from './verdict.ts'

test('a server with 200 connections is watched; one that is stuck meanwhile is found', async () => {
  const short = { connections: 200, turns: 1, seconds: 3, settleMs: 100, scrapeEveryMs: 1_000 }
  const found = failures(await drillConsole({ ...short, stuckMs: 700, pauseMaxMs: 500 }))
  assert.equal(found.length, 2, found.join('; '))
  assert.match(found[0] ?? '', /^share of a core that looking takes: /)
  assert.match(found[1] ?? '', /^longest pause while somebody watches: /)
})
