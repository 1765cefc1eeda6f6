/**
 * What grows, in three snapshots of one process between which the same was done twice: objects that are held on the same path
 * and of which there are about as many more after each round. What is full, and what comes and goes, is none.
 *
 * Owned by whoever asks; over with its promise.
 */
import type { Growing } from './cause.ts'
import { tellCauses } from './causes.ts'
import { Fold } from './fold.ts'
import { type Group, type Grouped, groupPaths, keyOfPath, placesOfTables } from './groups.ts'
import { Names } from './names.ts'
import { Ids, isText, newcomers } from './newcomers.ts'
import { requireRelated } from './related.ts'
import { NO_EDGE, type Walk, walk } from './search.ts'
import type { Snapshot } from './snapshot.ts'
import { type Swollen, swelling, type Walked } from './swelling.ts'
import type { GrowthOptions } from './targets.ts'
import { growthSentence, swellingSentence } from './tell.ts'
import { toldOnce } from './told-once.ts'

const PER_ROUND_MIN = 3
/** One round may bring so much more than the other: 1 would be exactly as much. */
const ALIKE = 0.6
/** So many groups are counted in all three snapshots, those with the most newcomers first. */
const GROUPS_MAX = 50
/** The type of all strings. */
const TEXT = 'string'
const CAUSES_MAX = 10

/** @throws HoldfastError HF_SNAPSHOTS_UNRELATED; the reason of the signal */
export async function growth(
  a: Snapshot,
  b: Snapshot,
  c: Snapshot,
  options: GrowthOptions = {},
): Promise<readonly Growing[]> {
  const { perRoundMin = PER_ROUND_MIN, causesMax = CAUSES_MAX } = options
  requireRelated('first', a, b)
  requireRelated('second', b, c)
  const idsOfB = new Ids(b)
  const last = walk(c)
  const names = new Names(c)
  const { heads, replacing, links } = newcomers(c, last, new Ids(a))
  const found = together([
    groupPaths(c, last, names, links),
    // Between one that is new and another behind it there is something that was there before.
    ...[heads, replacing].map((nodes) => groupPaths(c, last, names, nodes, new Set(), true)),
  ])
  const { nodeId } = c.graph
  const copied = placesOfTables(c, names, found, (node) => !idsOfB.has(nodeId[node] as number))
  const grouped = copied.length === 0 ? found : { ...found, tables: new Set([...found.tables, ...copied]) }
  const candidates = grouped.groups.slice(0, GROUPS_MAX).filter(({ targets, paths }) => {
    const first = targets.filter((node) => idsOfB.has(nodeId[node] as number)).length
    return isSteady(first, targets.length - first, perRoundMin) || isSetAnew(paths)
  })
  options.signal?.throwIfAborted()
  const walks = [a, b].map((snapshot) => ({ snapshot, walk: walk(snapshot) }))
  const walked = [...walks, { snapshot: c, walk: last }] as unknown as readonly [Walked, Walked, Walked]
  const counters = walked.map((of) => new Counter(of.snapshot, of.walk, grouped.tables))
  const all = candidates
    .map((group) => {
      const node = group.paths[0]?.at(-1)?.node ?? 0
      const type = names.type(node)
      const [inA = 0, inB = 0, inC = 0] = counters.map((counter) => counter.count(type, group.key))
      return { group, counts: [inA, inB, inC] as const, type }
    })
    .filter(({ counts: [inA, inB, inC] }) => isSteady(inB - inA, inC - inB, perRoundMin))
  const grown = all.filter((one) => !all.some((other) => isBroughtBy(one, other)))
  const told = (groups: readonly Group[]) =>
    tellCauses(c, last, names, { ...grouped, groups }, groups.length, {
      ...options,
      causesMax,
      retainedMax: options.retainedMax ?? causesMax,
    })
  const ofObjects = await told(grown.map(({ group }) => group))
  const growing = ofObjects.causes.map((cause, index): Growing => {
    const { counts, type } = grown[index] as (typeof grown)[number]
    const perRound = Math.round((counts[2] - counts[0]) / 2)
    const bytesPerRound = Math.round(cause.bytes / 2)
    const sentence = growthSentence(cause.holder, perRound, type)
    return { sentence, cause, of: 'objects', counts, perRound, bytesPerRound }
  })
  const swollen = swelling(walked, grouped.tables).slice(0, causesMax)
  const ofBytes = await told(swollen.map(({ group }) => group))
  const more = ofBytes.causes.map((cause, index): Growing => {
    const { bytes } = swollen[index] as Swollen
    const perRound = Math.round((bytes[2] - bytes[0]) / 2)
    const sentence = swellingSentence(cause.holder, perRound)
    return { sentence, cause, of: 'bytes', counts: bytes, perRound, bytesPerRound: perRound }
  })
  return withoutNames(toldOnce(growing, more))
}

interface Grown {
  readonly group: Group
  readonly counts: Growing['counts']
}

/**
 * Is one of these in each of the others, and has come with it? There are as many in each snapshot; or what is new of the others is as much as
 * what has been added to them, so that nothing was replaced.
 */
function isBroughtBy({ group: { key }, counts }: Grown, { group, counts: others }: Grown): boolean {
  if (!key.startsWith(`${group.key}\n`)) return false
  return group.paths.length <= others[2] - others[0] || counts.every((count, index) => count === others[index])
}

/** Strings that only the table of V8 has are keys of something: told where there is nothing else to tell. */
function withoutNames(all: readonly Growing[]): readonly Growing[] {
  const rest = all.filter(({ cause: { path } }) => path[0]?.name !== '(Internalized strings)')
  return rest.length === 0 ? all : rest
}

/** A timer that sets itself again is another one each time: only how many there are says whether they become more. */
const isSetAnew = ([example = []]: Group['paths']): boolean => example[0]?.kind === 'timer'

/** Of groups that say the same, the largest. */
function together(all: readonly Grouped[]): Grouped {
  const groups = new Map<string, Group>()
  for (const group of all.flatMap((grouped) => grouped.groups)) {
    if (group.targets.length > (groups.get(group.key)?.targets.length ?? 0)) groups.set(group.key, group)
  }
  return {
    groups: [...groups.values()].sort((x, y) => y.targets.length - x.targets.length),
    unheld: 0,
    tables: new Set(all.flatMap(({ tables }) => [...tables])),
  }
}

function isSteady(first: number, second: number, min: number): boolean {
  return Math.min(first, second) >= min && Math.min(first, second) / Math.max(first, second) >= ALIKE
}

/** How many objects of a snapshot are held on a path that says the same. */
class Counter {
  readonly #snapshot: Snapshot
  readonly #walk: Walk
  readonly #names: Names
  readonly #fold: Fold
  readonly #tables: ReadonlySet<string>
  // Bounded by GROUPS_MAX: the types that are counted.
  readonly #counts = new Map<string, Map<string, number>>()

  constructor(snapshot: Snapshot, whole: Walk, tables: ReadonlySet<string>) {
    this.#snapshot = snapshot
    this.#walk = whole
    this.#names = new Names(snapshot)
    this.#fold = new Fold(snapshot, whole, this.#names)
    this.#tables = tables
  }

  count(type: string, key: string): number {
    const known = this.#counts.get(type) ?? this.#countAll(type)
    this.#counts.set(type, known)
    return known.get(key) ?? 0
  }

  #countAll(type: string): Map<string, number> {
    const counts = new Map<string, number>()
    const { nodeCount } = this.#snapshot.graph
    for (let node = 0; node < nodeCount; node++) {
      const edge = this.#walk.reachedBy[node] as number
      if (edge === NO_EDGE || this.#names.type(node) !== type) continue
      if (type === TEXT && isText(this.#snapshot.graph.nodeType[this.#snapshot.from(edge)])) continue
      const key = keyOfPath(this.#snapshot, this.#names, this.#fold.path(node).steps, this.#tables)
      counts.set(key, (counts.get(key) ?? 0) + 1)
    }
    return counts
  }
}
