/**
 * The examination: what of a snapshot is over and held, by whom; and of three snapshots, with as many rounds of use between each, what grew
 * as much in each. A function; it ends with its promise.
 */
import { causes } from '../snapshot/causes.ts'
import { growth } from '../snapshot/growth.ts'
import { walk } from '../snapshot/search.ts'
import type { Snapshot } from '../snapshot/snapshot.ts'
import { adviceFor } from './advice.ts'
import type { Finding, FindingVerdict, HeldGroup, ToldGrowing } from './finding.ts'
import { overIn } from './over.ts'

export interface ExaminationOptions {
  /** Paths of files are shown relative to it. */
  readonly folder?: string
  readonly signal?: AbortSignal
}

/** Fewer are what is just about to end. */
const HELD_MIN = 10
const GROUPS_MAX = 10
const CAUSES_MAX = 5
/** For so many of them what they hold in all is counted, one search each. */
const RETAINED_MAX = 3

/** @param snapshots one, or three of rounds, in order. The last is the one that is looked into. */
export async function examine(
  snapshots: readonly [Snapshot] | readonly [Snapshot, Snapshot, Snapshot],
  options: ExaminationOptions = {},
): Promise<Finding> {
  const last = snapshots.at(-1) as Snapshot
  const held: HeldGroup[] = []
  for (const group of overIn(last).slice(0, GROUPS_MAX)) {
    const nodes = Uint32Array.from(group.nodes)
    const { causes: found, unheld } = await causes(last, nodes, {
      causesMax: CAUSES_MAX,
      retainedMax: RETAINED_MAX,
      ...options,
    })
    const told = found.map((cause) => ({ ...cause, advice: adviceFor(cause) }))
    const count = nodes.length - unheld
    if (count > 0) held.push({ kind: group.kind, route: group.route, by: group.by, count, causes: told })
  }
  held.sort((a, b) => b.count - a.count)
  const growing = snapshots.length === 3 ? await grown(snapshots, options) : null
  return { ...judge(held, growing), held, growing, snapshot: { nodes: last.graph.nodeCount, bytes: walk(last).bytes } }
}

async function grown(
  [a, b, c]: readonly [Snapshot, Snapshot, Snapshot],
  options: ExaminationOptions,
): Promise<ToldGrowing[]> {
  const found = await growth(a, b, c, options)
  return found.map((one) => ({ ...one, cause: { ...one.cause, advice: adviceFor(one.cause) } }))
}

function judge(held: readonly HeldGroup[], growing: Finding['growing']): { verdict: FindingVerdict; sentence: string } {
  const [most] = growing ?? []
  if (most !== undefined) {
    const { cause, perRound } = most
    const sentence = `${cause.sentence}, ${Math.round(perRound).toLocaleString('en')} more with each round`
    return { verdict: 'leak', sentence }
  }
  const many = held.filter(({ count }) => count >= HELD_MIN)
  const told = many.find(({ by }) => by === 'census')
  if (told !== undefined) {
    return {
      verdict: 'leak',
      sentence: `${heldSentence(told)}: ${told.causes[0]?.sentence ?? 'by nothing that has a name'}`,
    }
  }
  const [seen] = many
  if (seen !== undefined && growing === null) {
    const sentence = `${heldSentence(seen)}: ${seen.causes[0]?.sentence ?? 'by nothing that has a name'}; if that is a cache with a bound, all is well: three snapshots tell`
    return { verdict: 'suspect', sentence }
  }
  const sentence =
    growing === null
      ? 'nothing that is over is held; three snapshots, with use between them, tell what grows'
      : 'nothing grew as much in each round'
  return { verdict: 'nothing', sentence }
}

function heldSentence({ count, kind, route }: HeldGroup): string {
  const plural = kind.includes('(') || count === 1 ? kind : `${kind}s`
  return `${count.toLocaleString('en')} ${plural}${route === '' ? '' : ` of ${route}`} ${count === 1 ? 'is' : 'are'} over and still held`
}
