/**
 * The examination: what of a snapshot is over and held, by whom; and of three snapshots, with as many rounds of use between each, what grew
 * as much in each. A function; it ends with its promise.
 *
 * Names are compared as they stand in the snapshot, and made printable here, all at once: what leaves is safe in terminals, logs and pages.
 */
import { printable } from '../../base/printable.ts'
import { alsoHeld } from '../snapshot/also-held.ts'
import { causes } from '../snapshot/causes.ts'
import { growth } from '../snapshot/growth.ts'
import { walk } from '../snapshot/search.ts'
import type { Snapshot } from '../snapshot/snapshot.ts'
import { adviceFor, adviceForBytes } from './advice.ts'
import type { Finding, HeldGroup, ToldCause, ToldGrowing } from './finding.ts'
import { HELD_MIN, judge } from './judgement.ts'
import { type OverGroup, overIn } from './over.ts'

export interface ExaminationOptions {
  /** Paths of files are shown relative to it. */
  readonly folder?: string
  readonly signal?: AbortSignal
}

const GROUPS_MAX = 10
const CAUSES_MAX = 5
/** For so many of them what they hold in all is counted, one search each. */
const RETAINED_MAX = 3
/** For so many groups it is looked who else holds them, two searches each. */
const ALSO_GROUPS_MAX = 2

/** @param snapshots one, or three of rounds, in order. The last is the one that is looked into. */
export async function examination(
  snapshots: readonly [Snapshot] | readonly [Snapshot, Snapshot, Snapshot],
  options: ExaminationOptions = {},
): Promise<Finding> {
  const last = snapshots.at(-1) as Snapshot
  const before = snapshots.slice(0, -1).map((snapshot) => overIn(snapshot))
  const held: HeldGroup[] = []
  for (const group of overIn(last).slice(0, GROUPS_MAX)) {
    const nodes = Uint32Array.from(group.nodes)
    const { causes: found, unheld } = await causes(last, nodes, {
      causesMax: CAUSES_MAX,
      retainedMax: RETAINED_MAX,
      ...options,
    })
    const count = nodes.length - unheld
    const told = found
      // A few of what is seen to be over are its last breath, or are there for good.
      .filter((cause) => group.by === 'census' || cause.count >= HELD_MIN)
      .map((cause) => ({ ...cause, advice: adviceFor(cause) }))
    if (count === 0 || (told.length === 0 && group.by === 'seen')) continue
    const { kind, route, by } = group
    const also = held.length < ALSO_GROUPS_MAX && count >= HELD_MIN ? await alsoIn(last, nodes, options) : []
    held.push({ kind, route, by, count, counts: countsOf(group, before), causes: told, also })
  }
  held.sort((a, b) => b.count - a.count)
  const growing = snapshots.length === 3 ? await grown(snapshots, options) : null
  const size = { nodes: last.graph.nodeCount, bytes: walk(last).bytes }
  return printable({ ...judge(held, growing), held, growing, snapshot: size })
}

async function alsoIn(snapshot: Snapshot, nodes: Uint32Array, options: ExaminationOptions): Promise<ToldCause[]> {
  const found = await alsoHeld(snapshot, nodes, { causesMax: CAUSES_MAX, ...options })
  return found.filter(({ count }) => count >= HELD_MIN).map((cause) => ({ ...cause, advice: adviceFor(cause) }))
}

function countsOf(group: OverGroup, before: readonly (readonly OverGroup[])[]): HeldGroup['counts'] {
  const [a, b] = before.map((groups) => {
    return groups.find(({ kind, route, by }) => kind === group.kind && route === group.route && by === group.by)
  })
  if (before.length !== 2) return null
  return [a?.nodes.length ?? 0, b?.nodes.length ?? 0, group.nodes.length]
}

async function grown(
  [a, b, c]: readonly [Snapshot, Snapshot, Snapshot],
  options: ExaminationOptions,
): Promise<ToldGrowing[]> {
  const found = await growth(a, b, c, options)
  return found.map((one) => {
    const advice = one.of === 'objects' ? adviceFor(one.cause) : adviceForBytes(one.cause)
    return { ...one, cause: { ...one.cause, advice } }
  })
}
