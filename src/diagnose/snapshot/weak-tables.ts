/**
 * Paths by a `WeakMap`: its value is held by the key and by the table, and a walk comes by the key. Where one key has many
 * behind its value, whoever reads the path has to look at what goes into the `WeakMap`; where the keys are many, at what holds
 * those. Pure over a walk.
 */
import type { Fold } from './fold.ts'
import { blame } from './holder.ts'
import type { RawStep } from './raw-step.ts'
import type { Walk } from './search.ts'
import type { Snapshot } from './snapshot.ts'
import { EPHEMERON } from './words.ts'

/** The paths as they are to be told, all of one group. */
export function byTables(snapshot: Snapshot, walk: Walk, fold: Fold, paths: readonly RawStep[][]): RawStep[][] {
  const [example = []] = paths
  const { holder, from } = blame(paths)
  const at = example.findLastIndex(({ kind }, index) => kind === 'weak value' && index > holder && index < from)
  const value = example[at]
  if (value === undefined) return [...paths]
  const edge = walk.reachedBy[value.node] as number
  if (snapshot.edgeWord(edge) !== EPHEMERON) return [...paths]
  const table = snapshot.tables.get(snapshot.graph.edgeName[edge] as number) ?? -1
  if (table === -1) return [...paths]
  const before = fold.path(snapshot.from(walk.reachedBy[table] as number)).steps
  return paths.map((path) => [...before, ...path.slice(at).map((step, index) => (index === 0 ? asEntry(step) : step))])
}

const asEntry = (step: RawStep): RawStep => ({ ...step, kind: 'entry' })
