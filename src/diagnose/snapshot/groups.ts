/**
 * Paths that say the same, together: one group for each distinct cause. Indices and keys are no difference, nor are the names
 * of properties of an object that is used as a table. Pure over a walk.
 */
import { Fold } from './fold.ts'
import type { Names } from './names.ts'
import type { RawStep } from './raw-step.ts'
import { NO_EDGE, type Walk } from './search.ts'
import type { Snapshot } from './snapshot.ts'
import { NODE, WORDS as W } from './words.ts'

/**
 * An object of which targets are held by so many different properties is a table. So is an emitter with so many events that
 * have the same function: they are named by something that changes.
 */
const TABLE_NAMES_MIN = 3
/** Beyond so many, paths are counted and not kept. */
const PATHS_MAX = 200_000

export interface Group {
  readonly key: string
  /** The paths of the targets that no other target comes before, as far as they are kept. All have the same number of steps. */
  readonly paths: RawStep[][]
  /** Those targets, and the ones behind them. */
  readonly targets: number[]
}

export interface Grouped {
  /** The one with the most targets first. */
  readonly groups: readonly Group[]
  readonly unheld: number
  /** Node ids of objects that are used as tables. */
  readonly tables: ReadonlySet<number>
}

/** @param tables node ids of objects that are tables, because they are in another snapshot of the process */
export function groupPaths(
  snapshot: Snapshot,
  walk: Walk,
  names: Names,
  targets: Uint32Array,
  tables: ReadonlySet<number> = new Set(),
): Grouped {
  const fold = new Fold(snapshot, walk, names)
  const isTarget = new Uint8Array(snapshot.graph.nodeCount)
  for (const target of targets) isTarget[target] = 1
  const behind = new Map<number, number[]>()
  const paths: { readonly first: number; readonly steps: RawStep[] }[] = []
  const rest: number[] = []
  for (const target of targets) {
    if (walk.reachedBy[target] === NO_EDGE) continue
    const { steps, first } = fold.path(target, isTarget)
    if (first !== target && first !== -1) {
      const others = behind.get(first)
      if (others === undefined) behind.set(first, [target])
      else others.push(target)
    } else if (paths.length < PATHS_MAX) paths.push({ first: target, steps })
    else rest.push(target)
  }
  const asTables = tablesIn(
    snapshot,
    names,
    paths.map(({ steps }) => steps),
    tables,
  )
  const groups = new Map<string, Group>()
  const add = (first: number, steps: readonly RawStep[], isKept: boolean) => {
    const told = withTables(steps, (owner) => asTables.has(owner))
    const key = keyOf(snapshot, names, told)
    const group = groups.get(key) ?? { key, paths: [], targets: [] }
    groups.set(key, group)
    if (isKept || group.paths.length === 0) group.paths.push(told)
    group.targets.push(first)
    for (const target of behind.get(first) ?? []) group.targets.push(target)
  }
  for (const { first, steps } of paths) add(first, steps, true)
  for (const target of rest) add(target, fold.path(target).steps, false)
  const sorted = [...groups.values()].sort(
    (a, b) => b.targets.length - a.targets.length || (a.key < b.key ? -1 : a.key > b.key ? 1 : 0),
  )
  const held = sorted.reduce((sum, group) => sum + group.targets.length, 0)
  const { nodeId } = snapshot.graph
  return {
    groups: sorted,
    unheld: targets.length - held,
    tables: new Set([...asTables].map((node) => nodeId[node] as number)),
  }
}

const ownerOf = (step: RawStep): number => (step.kind === 'property' || step.kind === 'listener' ? step.owner : -1)

function withTables(steps: readonly RawStep[], isTable: (owner: number) => boolean): RawStep[] {
  return steps.map((step) => (isTable(ownerOf(step)) ? asEntry(step) : step))
}

/** The key of the group that the path belongs to. */
export function keyOfPath(
  snapshot: Snapshot,
  names: Names,
  steps: readonly RawStep[],
  tables: ReadonlySet<number>,
): string {
  const { nodeId } = snapshot.graph
  return keyOf(
    snapshot,
    names,
    withTables(steps, (owner) => owner !== -1 && tables.has(nodeId[owner] as number)),
  )
}

const asEntry = (step: RawStep): RawStep =>
  step.kind === 'listener' ? { ...step, name: null } : { ...step, kind: 'entry', name: null }

function tablesIn(
  snapshot: Snapshot,
  names: Names,
  paths: readonly (readonly RawStep[])[],
  known: ReadonlySet<number>,
): ReadonlySet<number> {
  const seen = new Map<string, Set<string>>()
  const tables = new Set<number>()
  const { nodeId } = snapshot.graph
  for (const steps of paths) {
    for (const step of steps) {
      const owner = ownerOf(step)
      if (owner === -1 || tables.has(owner) || snapshot.word(owner) !== W.Object) continue
      const group = step.kind === 'listener' ? `${owner} ${functionKey(snapshot, names, step)}` : `${owner}`
      const different = (seen.get(group) ?? new Set()).add(step.name ?? '')
      seen.set(group, different)
      if (different.size >= TABLE_NAMES_MIN || known.has(nodeId[owner] as number)) tables.add(owner)
    }
  }
  return tables
}

function keyOf(snapshot: Snapshot, names: Names, steps: readonly RawStep[]): string {
  const keys = steps.map((step, index) => {
    const base = `${step.kind}|${step.name ?? ''}|${names.type(step.node)}|${functionKey(snapshot, names, step)}`
    // Two modules may have a variable of the same name.
    return index === 0 && step.kind === 'variable' ? `${base}|${snapshot.graph.nodeId[step.owner]}` : base
  })
  return keys.join('\n')
}

/** By name, and by place where it has none. */
export function functionKey(snapshot: Snapshot, names: Names, step: RawStep): string {
  const fn = step.fn === -1 ? step.node : step.fn
  if (snapshot.graph.nodeType[fn] !== NODE.closure) return ''
  const bound = snapshot.follow(fn, W.bound_function)
  const of = bound === -1 ? fn : bound
  const name = names.node(of)
  if (name !== '' && name !== 'native_bind') return name
  const at = snapshot.location(of)
  return at === null ? '' : `${at.line}:${at.column}`
}
