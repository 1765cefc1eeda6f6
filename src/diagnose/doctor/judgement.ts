/** What is said of all that was found, in a word and a sentence. Pure. */
import type { Finding, HeldGroup } from './finding.ts'

/** Fewer are what is just about to end. */
export const HELD_MIN = 10
/** Fewer more from one snapshot to the next are chance. */
const STEP_MIN = 3

type Judged = Pick<Finding, 'verdict' | 'sentence'>

export function judge(held: readonly HeldGroup[], growing: Finding['growing']): Judged {
  const many = held.filter(({ count }) => count >= HELD_MIN)
  const sure = many.find((group) => growsSteadily(group)) ?? many.find(({ by }) => by === 'census')
  const [most] = growing ?? []
  if (sure !== undefined) return { verdict: 'leak', sentence: heldSentence(sure) }
  if (most !== undefined) return { verdict: 'leak', sentence: most.sentence }
  const [seen] = many
  if (growing === null && seen !== undefined) {
    const sentence = `${heldSentence(seen)}. If it is to keep so many, all is well: holdfast doctor PID --every 30s takes three snapshots, which tell`
    return { verdict: 'suspect', sentence }
  }
  const sentence =
    growing === null
      ? 'nothing that is over is held. What grows is told by three snapshots with use between them'
      : 'nothing has become more from each snapshot to the next'
  return { verdict: 'nothing', sentence }
}

/** Is it only that something became more, and nothing of it known to be over? What is not full yet does that as well. */
export const isOnlyGrowth = ({ verdict, sentence, growing }: Finding): boolean =>
  verdict === 'leak' && growing?.[0]?.sentence === sentence

/** What is over became more from each snapshot to the next: how much use there was in between does not matter. */
function growsSteadily(group: HeldGroup): boolean {
  if (group.counts === null || letsGoByItself(group)) return false
  const [a, b, c] = group.counts
  return Math.min(b - a, c - b) >= STEP_MIN && c - a >= HELD_MIN
}

/** A timer that runs once: the last breath of what looks over. If it piles up all the same, the growth says so. */
function letsGoByItself({ by, causes }: HeldGroup): boolean {
  return by === 'seen' && causes.every(({ holder }) => holder.kind === 'timer' && holder.name.startsWith('setTimeout'))
}

function heldSentence({ count, counts, kind, route, causes: [first] }: HeldGroup): string {
  const of = route === '' ? '' : ` of ${route}`
  const how = counts === null ? '' : ` (${counts.map((one) => one.toLocaleString('en')).join(', ')})`
  const by = first === undefined ? '' : `: ${first.sentence}`
  return `${count.toLocaleString('en')} × ${kind}${of}, over and still held${how}${by}`
}
