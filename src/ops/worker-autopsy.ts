/**
 * The autopsy of a worker: it has handed over its connections and ended the rest, so whatever of them is still there is a leak. They are counted; if
 * something is left, and there is memory for it, a snapshot of the worker says who holds it. Nobody waits for this process any more.
 *
 * A function; it ends with its promise, at the latest after `withinMs` and a little.
 */
import { writeFileSync } from 'node:fs'
import type { Clock } from '../base/clock.ts'
import { messageOf } from '../base/errors.ts'
import type { Census } from '../diagnose/census/census.ts'
import { counted, type Retained } from '../diagnose/census/report.ts'
import { pause } from '../diagnose/dial/waiting.ts'
import { examineSelf } from '../diagnose/doctor/self-examination.ts'
import { costSentence, fits, snapshotCost } from '../diagnose/doctor/snapshot-cost.ts'
import type { AutopsyReport } from '../rollout/autopsy-report.ts'

/** What is just ending is gone by then: so often it is counted again, so far apart. */
const COUNTS = 4
const APART_MS = 250

export async function autopsy(census: Pick<Census, 'take'>, clock: Clock, withinMs: number): Promise<AutopsyReport> {
  const beganAt = clock.now()
  const report = (given: Omit<AutopsyReport, 'tookMs'>): AutopsyReport => {
    return { ...given, tookMs: Math.round(clock.now() - beganAt) }
  }
  let retained: readonly Retained[]
  try {
    retained = await count(census, clock)
  } catch (thrown) {
    return report({ verdict: 'unknown', sentence: messageOf(thrown), left: [], finding: null })
  }
  const left = retained.map(({ kind, route, count: of }) => ({ kind, route, count: of }))
  if (left.length === 0) return report({ verdict: 'clean', sentence: 'nothing left', left, finding: null })
  const what = left.map(({ kind, route, count: of }) => `${counted(of, kind)} of ${route}`).join(', ')
  const cost = snapshotCost(process.memoryUsage().heapUsed)
  if (!fits(cost)) {
    const sentence = `${what} left; not examined, because it would ${costSentence(cost)}`
    return report({ verdict: 'leak', sentence, left, finding: null })
  }
  try {
    dieFirst()
    const deadlineMs = Math.max(1, withinMs - (clock.now() - beganAt))
    const { finding } = await examineSelf({ clock, deadlineMs })
    return report({ verdict: 'leak', sentence: `${what} left: ${finding.sentence}`, left, finding })
  } catch (thrown) {
    const sentence = `${what} left; the examination failed: ${messageOf(thrown)}`
    return report({ verdict: 'leak', sentence, left, finding: null })
  }
}

async function count(census: Pick<Census, 'take'>, clock: Clock): Promise<readonly Retained[]> {
  let retained: readonly Retained[] = []
  for (let turn = 0; turn < COUNTS; turn++) {
    if (turn > 0) await pause(clock, APART_MS)
    retained = (await census.take()).retained
    if (retained.length === 0) break
  }
  return retained
}

/** When memory runs out meanwhile, it is this process that has to go. */
function dieFirst(): void {
  try {
    writeFileSync('/proc/self/oom_score_adj', '1000')
  } catch {
    // Another platform.
  }
}
