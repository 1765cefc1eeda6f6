/** The words of a soak that its figures have to agree with, and the page they stand on. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { roundsSaid } from '../../../../src/diagnose/soak/rounds-said.ts'
import { soakPage } from '../../../../src/diagnose/soak/soak-page.ts'
import type { SoakReport, SoakRound } from '../../../../src/diagnose/soak/soak-report.ts'

function rounds(count: number, warmup: number, each: number): SoakRound[] {
  return Array.from({ length: count + 1 }, (_, round) => ({
    ...{ round, connections: round * each, held: 0, samples: [], isWarmup: round <= warmup, busyMs: 1 },
  }))
}

test('connections and rounds add up, those of the search for a cause apart', () => {
  const all = rounds(24, 4, 200)
  assert.equal(roundsSaid({ rounds: all, opened: 4_800 }), '4,800 connections in 24 rounds, 4 of them to warm up')
  assert.match(roundsSaid({ rounds: all, opened: 5_600 }), /^4,800 .*; 800 more to name the cause$/)
  assert.equal(roundsSaid({ rounds: rounds(5, 0, 10), opened: 50 }), '50 connections in 5 rounds')
})

const REPORT: SoakReport = {
  ...{ url: 'ws://host/', command: 'holdfast soak ws://host/ --pid 7', source: 'process 7 (Node)', date: '2026-01-01' },
  ...{ durationMs: 1, leaves: ['close'], rounds: rounds(3, 1, 2), series: [], tried: 6, opened: 6, vanished: 0 },
  options: { connections: 2 } as SoakReport['options'],
  verdict: { outcome: 'leak', sentence: 'LEAK: 1 KB', details: ['judged by heap'], decidedBy: 0 },
  ...{ problems: {}, grown: [], notes: ['process 7 does not listen on port 80: nobody that can be seen does'] },
  why: [
    'LEAK: 60 × WebSocket, over and still held',
    '',
    '1. Map "clients" (a.js:5) keeps 60 alive',
    '   held by  Map "clients" → entry',
  ],
}

test('the page has the command, the notes beside the verdict, and the first cause before all others', () => {
  const page = soakPage(REPORT)
  assert.match(page, /<li>process 7 does not listen on port 80: .*<li>judged by heap/)
  assert.equal(/<code>(.*)<\/code>/.exec(page)?.[1]?.replace(/<\/?span>/g, ''), REPORT.command)
  assert.match(page, /<div class="why">Map &quot;clients&quot; \(a\.js:5\) keeps 60 alive<\/div>/)
  assert.match(page, /<p class="said row"><b>held by<\/b>Map &quot;clients&quot; → entry<\/p>/)
  const bare = soakPage({ ...REPORT, command: '', why: [], notes: [] })
  assert.doesNotMatch(bare, /<code>|class="why"|does not listen/, 'control')
})
