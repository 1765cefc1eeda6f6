/**
 * Who else holds the targets: when what holds them first lets go of them, they stay all the same. A table and a timer, say, that were both
 * forgotten. A function over a snapshot; it ends with its promise.
 */
import type { Cause } from './cause.ts'
import { tellCauses } from './causes.ts'
import { groupPaths } from './groups.ts'
import { blame } from './holder.ts'
import { Names } from './names.ts'
import { walk } from './search.ts'
import type { Snapshot } from './snapshot.ts'
import type { CausesOptions } from './targets.ts'

/** Those that are known to stand in the program, the one with the most targets first. */
export async function alsoHeld(
  snapshot: Snapshot,
  targets: Uint32Array,
  options: CausesOptions = {},
): Promise<readonly Cause[]> {
  const names = new Names(snapshot)
  const first = groupPaths(snapshot, walk(snapshot), names, targets)
  const isTarget = new Uint8Array(snapshot.graph.nodeCount)
  for (const target of targets) isTarget[target] = 1
  const blocked = new Uint8Array(snapshot.graph.nodeCount)
  for (const { paths } of first.groups) {
    const { holder } = blame(paths)
    for (const path of paths) for (const { node } of path.slice(holder)) if (isTarget[node] === 0) blocked[node] = 1
  }
  options.signal?.throwIfAborted()
  const rest = walk(snapshot, { blocked })
  const grouped = groupPaths(snapshot, rest, names, targets)
  const { causes } = await tellCauses(snapshot, rest, names, grouped, targets.length, { ...options, retainedMax: 0 })
  return causes.filter(({ holder: { file } }) => file !== null && !file.startsWith('node:'))
}
