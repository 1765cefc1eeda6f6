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
/** Of an instance of a class, or of a function: their properties are those that somebody has written down. */
const TABLE_NAMES_MIN_OF_CLASS = 16
/** Beyond so many, paths are counted and not kept. */
const PATHS_MAX = 200_000

export interface Group {
  readonly key: string
  /** The paths of the targets that no other target comes before, as far as they are kept. All have the same number of steps. */
  readonly paths: RawStep[][]
  /** Those targets, and the ones behind them. */
  readonly targets: number[]
  /** What the last step leads to is to blame itself, and not what holds it. */
  readonly isWhole?: true
}

export interface Grouped {
  /** The one with the most targets first. */
  readonly groups: readonly Group[]
  readonly unheld: number
  /** What is used as a table: see tableOf. Of one that others take the place of, the path to it: see placesOfTables. */
  readonly tables: ReadonlySet<string>
}

/**
 * @param tables that are known already
 * @param isEach does each target count by itself, also where another one holds it?
 */
export function groupPaths(
  snapshot: Snapshot,
  walk: Walk,
  names: Names,
  targets: Uint32Array,
  tables: ReadonlySet<string> = new Set(),
  isEach = false,
): Grouped {
  const fold = new Fold(snapshot, walk, names)
  const isTarget = new Uint8Array(snapshot.graph.nodeCount)
  for (const target of targets) isTarget[target] = 1
  const behind = new Map<number, number[]>()
  const paths: { readonly first: number; readonly steps: RawStep[] }[] = []
  const rest: number[] = []
  for (const target of targets) {
    if (walk.reachedBy[target] === NO_EDGE) continue
    const { steps, first } = fold.path(target, isEach ? undefined : isTarget)
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
    const told = withTables(snapshot, names, steps, asTables)
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
  return { groups: sorted, unheld: targets.length - held, tables: asTables }
}

/**
 * By the id of the object, which is the same in all snapshots of the process: the table that a step may be an entry of. Of
 * an emitter it is the events that have the same function. Null for what is none.
 */
function tableOf(snapshot: Snapshot, names: Names, step: RawStep): string | null {
  if (step.kind !== 'property' && !(step.kind === 'listener' && snapshot.word(step.owner) === W.Object)) return null
  const id = snapshot.graph.nodeId[step.owner]
  return step.kind === 'listener' ? `${id} ${functionKey(snapshot, names, step)}` : `${id}`
}

function withTables(
  snapshot: Snapshot,
  names: Names,
  steps: readonly RawStep[],
  tables: ReadonlySet<string>,
): RawStep[] {
  const told: RawStep[] = []
  for (const step of steps) {
    const table = tableOf(snapshot, names, step)
    const isEntry = table !== null && (tables.has(table) || tables.has(placeOfTable(snapshot, names, told)))
    told.push(isEntry ? asEntry(step) : step)
  }
  return told
}

const PLACE = 'at '
const placeOfTable = (snapshot: Snapshot, names: Names, steps: readonly RawStep[]): string =>
  `${PLACE}${keyOf(snapshot, names, steps)}`

/**
 * Tables that are copied whenever something is put into them, as states are that never change: in an earlier snapshot another object
 * stands there. They are known again by the path to them.
 *
 * @param isNew is the object in no earlier snapshot?
 */
export function placesOfTables(
  snapshot: Snapshot,
  names: Names,
  { groups }: Grouped,
  isNew: (node: number) => boolean,
): string[] {
  return groups.flatMap(({ paths: [steps = []] }) =>
    steps.flatMap(({ kind, name, owner }, index) => {
      const isOfTable = kind === 'entry' && name === null && owner !== -1 && index > 0
      return isOfTable && isNew(owner) ? [placeOfTable(snapshot, names, steps.slice(0, index))] : []
    }),
  )
}

/** The key of the group that the path belongs to. */
export function keyOfPath(
  snapshot: Snapshot,
  names: Names,
  steps: readonly RawStep[],
  tables: ReadonlySet<string>,
): string {
  return keyOf(snapshot, names, withTables(snapshot, names, steps, tables))
}

const asEntry = (step: RawStep): RawStep =>
  step.kind === 'listener' ? { ...step, name: null } : { ...step, kind: 'entry', name: null }

function tablesIn(
  snapshot: Snapshot,
  names: Names,
  paths: readonly (readonly RawStep[])[],
  known: ReadonlySet<string>,
): ReadonlySet<string> {
  const seen = new Map<string, Set<string>>()
  const tables = new Set(known)
  for (const steps of paths) {
    for (const step of steps) {
      const table = tableOf(snapshot, names, step)
      if (table === null || tables.has(table)) continue
      const different = (seen.get(table) ?? new Set()).add(step.name ?? '')
      seen.set(table, different)
      const isPlain = snapshot.word(step.owner) === W.Object
      if (different.size >= (isPlain ? TABLE_NAMES_MIN : TABLE_NAMES_MIN_OF_CLASS)) tables.add(table)
    }
  }
  return tables
}

function keyOf(snapshot: Snapshot, names: Names, steps: readonly RawStep[]): string {
  const keys = steps.map((step, index) => {
    const base = `${step.kind}|${step.name ?? ''}|${names.type(step.node)}|${functionKey(snapshot, names, step)}`
    // Two modules may have a variable of the same name, and all have children.
    return index === 0 && (step.kind === 'variable' || step.kind === 'property')
      ? `${base}|${snapshot.graph.nodeId[step.owner]}`
      : base
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
