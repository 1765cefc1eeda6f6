/** Which step of the paths of a group is the one to blame: where one thing holds many. Pure. */
import type { HolderKind, StepKind } from './cause.ts'
import type { RawStep } from './raw-step.ts'
import type { Snapshot } from './snapshot.ts'
import { NODE, WORDS as W } from './words.ts'

/** One that holds so many each is blamed before one further out that holds more. */
const MANY = 4
const FEW = 1.5

/** These hold by themselves: whoever began them is to blame, not what they are registered with. */
const OWN = new Set<StepKind>(['listener', 'timer', 'awaiting', 'reaction'])
export const isOwn = (kind: StepKind): boolean => OWN.has(kind)
/** Something is in these that was put into them. */
export const INSIDE = new Set<StepKind>([
  'entry',
  'key',
  'element',
  'held value',
  'weak value',
  'store',
  'bound argument',
  'bound this',
  'result',
])
const NAMED = new Set<StepKind>(['variable', 'property', 'exports', 'listener', 'timer', 'awaiting', 'reaction'])

export interface Blamed {
  /** Of the step that is the holder. */
  readonly holder: number
  /** Of the first step that would be let go of. */
  readonly from: number
}

export function blame(paths: readonly (readonly RawStep[])[]): Blamed {
  const [example = []] = paths
  const at = spread(paths, example.length)
  const child = at === null ? innermost(example) : { at, isName: false }
  // What begins a list holds all of it.
  const isChain =
    paths.some((path) => path[child.at]?.isChain === true) && NAMED.has(example[child.at]?.kind ?? 'internal')
  const isItself = OWN.has(example[child.at]?.kind ?? 'internal') || child.isName || child.at === 0 || isChain
  return { holder: isItself ? child.at : named(example, child.at - 1), from: child.at }
}

/** The step at which few become many, or null. */
function spread(paths: readonly (readonly RawStep[])[], length: number): number | null {
  let before = 1
  let largest = FEW
  let found: number | null = null
  let inner: number | null = null
  for (let at = 0; at < length; at++) {
    const nodes = new Set(paths.map((path) => path[at]?.node))
    const ratio = nodes.size / before
    before = nodes.size
    if (ratio >= MANY) inner = at
    if (ratio < largest) continue
    largest = ratio
    found = at
  }
  return inner ?? found
}

/** Of a single path: what was put into something last; else the last name. */
function innermost(steps: readonly RawStep[]): { readonly at: number; readonly isName: boolean } {
  const inside = steps.findLastIndex(({ kind }) => INSIDE.has(kind) || OWN.has(kind))
  if (inside > 0 || (inside === 0 && OWN.has(steps[0]?.kind ?? 'internal'))) return { at: inside, isName: false }
  const last = steps.findLastIndex(({ kind }) => NAMED.has(kind))
  // What follows a name is let go of with it; the name itself is the holder.
  return { at: Math.max(0, last), isName: true }
}

/** The step, or the nearest before it that has a name: a list in a table is known by the table. */
function named(steps: readonly RawStep[], at: number): number {
  const found = steps.slice(0, at + 1).findLastIndex(({ kind }) => NAMED.has(kind))
  return found === -1 ? at : found
}

export function holderKind(snapshot: Snapshot, step: RawStep, isHeldItself: boolean): HolderKind {
  if (step.kind === 'listener' || step.kind === 'timer' || step.kind === 'store') return step.kind
  if (step.kind === 'reaction') return 'reaction'
  if (step.kind === 'awaiting') return 'promise'
  if (step.kind === 'root' || step.kind === 'internal') return 'internal'
  if (isHeldItself) return step.kind === 'property' ? 'property' : 'variable'
  switch (snapshot.word(step.node)) {
    case W.Map:
      return 'Map'
    case W.Set:
      return 'Set'
    case W.WeakMap:
      return 'WeakMap'
    case W.Array:
      return 'array'
    case W.Promise:
      return 'promise'
    case W.FinalizationRegistry:
      return 'registry'
    default:
      return snapshot.graph.nodeType[step.node] === NODE.closure ? 'closure' : 'object'
  }
}
