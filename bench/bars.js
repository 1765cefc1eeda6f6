// What the project asks of itself, as data: one row per bar, and the rule by which a bar counts as reached.
// A later promise adds a row here and nothing else. `against` is the peer measured in the same run, on the same
// Node if it runs on Node at all.
import { SUBJECT } from './questions.js'

/** A miss of less than this share is what two runs on a shared machine differ by anyway. */
export const NOISE_SHARE = 0.03

export const BARS = [
  { question: 'echo-64x1', against: 'ws', atLeast: 1.1 },
  { question: 'echo-64x1', against: 'tcp', atLeast: 0.85 },
  { question: 'echo-64x16', against: 'ws', atLeast: 4.5 },
  { question: 'echo-128x16', against: 'ws', atLeast: 3 },
  { question: 'echo-1024x16', against: 'ws', atLeast: 3 },
  { question: 'echo-4096x1', against: 'ws', atLeast: 1.3 },
  { question: 'echo-65536x1', against: 'ws', atLeast: 1.3 },
  { question: 'churn', against: 'ws', atLeast: 1.3 },
  { question: 'idle', against: 'ws', atMost: 1 },
  { question: 'fan-1000x1', against: 'ws', atLeast: 1.2 },
  { question: 'fan-1000x1', against: 'bun', atLeast: 0.75 },
  { question: 'fan-1000x32', against: 'ws', atLeast: 12 },
  { question: 'fan-1000x32', against: 'bun', atLeast: 0.8 },
]

/** One word for a measured ratio beside its bar: `reached`, `noise` (missed by less than NOISE_SHARE), `missed`, `unknown`. */
export function verdictOf(bar, ratio) {
  if (!Number.isFinite(ratio)) return 'unknown'
  if (bar.atLeast !== undefined) {
    if (ratio >= bar.atLeast) return 'reached'
    return ratio > bar.atLeast * (1 - NOISE_SHARE) ? 'noise' : 'missed'
  }
  if (ratio <= bar.atMost) return 'reached'
  return ratio < bar.atMost * (1 + NOISE_SHARE) ? 'noise' : 'missed'
}

/** Every bar whose question was asked, once per Node that took part, with the ratio of the medians and the verdict. */
export function judge(results, subject = SUBJECT, bars = BARS) {
  const verdicts = []
  for (const bar of bars) {
    const result = results.find((one) => one.question === bar.question)
    if (result === undefined) continue
    for (const own of result.participants.filter((one) => one.peer === subject)) {
      const other = result.participants.find(
        (one) => one.peer === bar.against && (one.node === own.node || one.node === null),
      )
      if (other === undefined) continue
      const ratio = own.median === null || other.median === null ? Number.NaN : own.median / other.median
      verdicts.push({ ...bar, node: own.node, ratio, verdict: verdictOf(bar, ratio) })
    }
  }
  return verdicts
}
