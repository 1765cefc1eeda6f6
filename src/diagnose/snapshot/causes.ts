/**
 * Why the targets are still alive: one cause for each distinct way in which they are held, with what holds them, where that
 * stands in the code, how many there are and what they come to.
 *
 * Owned by whoever asks; over with its promise. Reads the scripts that the snapshot names; opens nothing else.
 */
import { createHash } from 'node:crypto'
import { isAbsolute, relative, sep } from 'node:path'
import { beyond } from './beyond.ts'
import type { Cause, Causes, CodePlace, Holder, Step } from './cause.ts'
import { Fold } from './fold.ts'
import type { Found } from './found.ts'
import { functionKey, type Group, type Grouped, groupPaths } from './groups.ts'
import { type Blamed, blame, holderKind, INSIDE, isOwn } from './holder.ts'
import { Names } from './names.ts'
import { Places } from './places.ts'
import { isFilledByKey } from './properties.ts'
import type { RawStep } from './raw-step.ts'
import { packageOf } from './script-name.ts'
import { Scripts } from './scripts.ts'
import { type Walk, walk } from './search.ts'
import type { Snapshot } from './snapshot.ts'
import type { CausesOptions, Targets } from './targets.ts'
import { sentenceOf, stepText } from './tell.ts'
import { byTables } from './weak-tables.ts'
import { NODE, WORDS as W } from './words.ts'

const CAUSES_MAX = 10
const RETAINED_MAX = 5
const NEVER = new AbortController().signal

export async function causes(
  snapshot: Snapshot,
  targets: Targets | Uint32Array,
  options: CausesOptions = {},
): Promise<Causes> {
  const found = targets instanceof Uint32Array ? targets : snapshot.find(targets)
  const whole = walk(snapshot)
  options.signal?.throwIfAborted()
  const names = new Names(snapshot)
  const grouped = groupPaths(snapshot, whole, names, found)
  return tellCauses(snapshot, whole, names, grouped, found.length, options)
}

/** Of groups that have been found already. */
export async function tellCauses(
  snapshot: Snapshot,
  whole: Walk,
  names: Names,
  { groups, unheld }: Grouped,
  found: number,
  options: CausesOptions,
): Promise<Causes> {
  const { causesMax = CAUSES_MAX, retainedMax = RETAINED_MAX, folder = null, signal = NEVER } = options
  const fold = new Fold(snapshot, whole, names)
  const told = groups
    .slice(0, causesMax)
    .map((group) => ({ ...group, paths: byTables(snapshot, whole, fold, group.paths) }))
  const places = new Places(snapshot, new Scripts(snapshot, signal))
  const all: Cause[] = []
  for (const [index, found] of (await places.find(told.map(example))).entries()) {
    signal.throwIfAborted()
    const group = told[index] as Group
    const behind = isOfNodeOnly(found) ? beyond(snapshot, whole, names, group) : null
    const [foundBehind] = behind === null ? [] : await places.find([example(behind)])
    const teller = new Teller(snapshot, names, folder, behind ?? group, foundBehind ?? found)
    all.push(teller.cause(index < retainedMax ? whole : null))
  }
  const more = groups.slice(causesMax)
  return {
    causes: all,
    found,
    unheld,
    more: { causes: more.length, count: more.reduce((sum, group) => sum + group.targets.length, 0) },
  }
}

const example = ({ paths: [first = []] }: Group): readonly RawStep[] => first

/** Is there nothing on the path that stands in the program? */
function isOfNodeOnly(found: readonly Found[]): boolean {
  return found.every(({ place }) => place === null || place.file.startsWith('node:'))
}

/** The last step that has a name, and whatever is in it. */
function wholeOf(steps: readonly RawStep[]): Blamed {
  const last = steps.findLastIndex(({ name }) => name !== null)
  return { holder: last === -1 ? steps.length - 1 : last, from: steps.length }
}

class Teller {
  readonly #snapshot: Snapshot
  readonly #names: Names
  readonly #folder: string | null
  readonly #group: Group
  readonly #example: readonly RawStep[]
  readonly #found: readonly Found[]
  readonly #blamed: Blamed

  constructor(snapshot: Snapshot, names: Names, folder: string | null, group: Group, found: readonly Found[]) {
    this.#snapshot = snapshot
    this.#names = names
    this.#folder = folder
    this.#group = group
    this.#example = group.paths[0] as RawStep[]
    this.#found = found
    this.#blamed = this.#outOfPackage(
      group.isWhole ? wholeOf(this.#example) : this.#ofProgram(this.#withPlace(blame(group.paths))),
    )
  }

  /** @param whole when the retained bytes are wanted */
  cause(whole: Walk | null): Cause {
    const { targets } = this.#group
    const target = targets[0] as number
    const holder = this.#holder(this.#blamed.holder)
    const count = targets.length
    return {
      sentence: sentenceOf(holder, count, this.#names.type(target)),
      holder,
      count,
      bytes: whole === null ? this.#own() : this.#retained(whole),
      bytesAre: whole === null ? 'own' : 'retained',
      fingerprint: this.#fingerprint(),
      path: this.#example.map((_, index) => this.#step(index)),
      example: this.#snapshot.graph.nodeId[target] as number,
    }
  }

  #step(index: number): Step {
    const step = this.#example[index] as RawStep
    const { kind } = step
    const type = this.#names.type(step.node)
    const name = this.#nameOf(index)
    const place = this.#placeOf(index)
    return { kind, name, type, place, text: stepText({ kind, name, type, place, timer: this.#timerOf(step) }) }
  }

  #holder(at: number): Holder {
    const step = this.#example[at] as RawStep
    const place = this.#placeOf(at)
    const isTimer = step.kind === 'timer'
    const kind = holderKind(this.#snapshot, step, at >= this.#blamed.from)
    const isForeign = packageOf(this.#found[at]?.place?.file ?? '') !== null
    const isOfOther =
      isForeign ||
      (this.#isTable(at) && this.#isKey(at)) ||
      kind === 'listener' ||
      kind === 'promise' ||
      kind === 'reaction'
    return {
      type: this.#names.type(step.node),
      name: isTimer ? this.#timerOf(step) : (this.#nameOf(at) ?? ''),
      kind,
      file: place?.file ?? null,
      line: place?.line ?? null,
      is: place?.is ?? null,
      of: isOfOther && at > 0 ? this.#holder(this.#outside(at)) : null,
    }
  }

  /** What holds the step, and has been named by the program and not by Node. */
  #outside(at: number): number {
    for (let before = at - 1; before >= 0; before--)
      if (this.#example[before]?.name !== null && this.#found[before]?.place?.file.startsWith('node:') !== true)
        return before
    return at - 1
  }

  /**
   * A property that stands nowhere in the code has a key for its name, and one that stands in several places has no line: what
   * holds is the object, or the table that the object is in.
   */
  #withPlace({ holder, from }: Blamed): Blamed {
    let at = holder
    let isInTable = false
    while (at > 0 && this.#isKey(at)) {
      at--
      for (; at > 0 && INSIDE.has(this.#example[at]?.kind ?? 'internal'); at--) isInTable = true
    }
    if (at !== holder && !isInTable && holder < from && this.#isTable(holder) && !this.#isFilledByKey(at))
      return { holder, from }
    const hasPlace = this.#found[at]?.place?.is === 'declared'
    return hasPlace ? { holder: at, from: at === holder ? from : at + 1 } : { holder, from }
  }

  /** What Node holds, it holds for somebody: a function of the program that waits or listens behind it, or what has it. */
  #ofProgram(blamed: Blamed): Blamed {
    const { holder, from } = blamed
    if (!this.#isNodes(holder)) return blamed
    const behind = this.#example.findIndex(({ kind }, at) => at > holder && isOwn(kind) && this.#isProgram(at))
    if (behind !== -1) return { holder: behind, from: behind }
    const before = this.#example.findLastIndex(({ name }, at) => at < holder && name !== null && this.#isProgram(at))
    return before === -1 ? blamed : { holder: before, from }
  }

  /** What an object of a package keeps, it keeps for the program that has made it, where that one has it in its own hands. */
  #outOfPackage(blamed: Blamed): Blamed {
    const { holder, from } = blamed
    const inside = packageOf(this.#fileAround(holder) ?? '')
    if (inside === null || isOwn(this.#example[holder]?.kind ?? 'internal')) return blamed
    const before = this.#found.findLastIndex(
      ({ place }, at) => at < holder && place?.is === 'declared' && packageOf(place.file) !== inside,
    )
    const isOfProgram = this.#isProgram(before) && packageOf(this.#fileAround(before) ?? '') === null
    return isOfProgram ? { holder: before, from } : blamed
  }

  /** In what has no place, it is the nearest around it that says whose it is. */
  #fileAround(at: number): string | null {
    return this.#found.slice(0, at + 1).findLast(({ place }) => place !== null)?.place?.file ?? null
  }

  #isNodes(at: number): boolean {
    const file = this.#fileAround(at)
    return file === null ? this.#example[0]?.kind === 'root' : file.startsWith('node:')
  }

  #isProgram(at: number): boolean {
    return this.#found[at]?.place != null && !this.#isNodes(at)
  }

  #isKey(at: number): boolean {
    const { kind, owner } = this.#example[at] as RawStep
    return kind === 'property' && this.#snapshot.word(owner) === W.Object && this.#found[at]?.place?.is !== 'declared'
  }

  /** Otherwise it is a library that has put something on it. */
  #isFilledByKey(at: number): boolean {
    const { script = null } = this.#found[at] ?? {}
    const name = this.#example[at]?.name ?? null
    return script?.program != null && name !== null && isFilledByKey(script.program, name)
  }

  /** Has it a way of its own to take something out? */
  #isTable(at: number): boolean {
    const kind = holderKind(this.#snapshot, this.#example[at] as RawStep, false)
    return kind === 'Map' || kind === 'Set' || kind === 'WeakMap' || kind === 'array'
  }

  #nameOf(index: number): string | null {
    const step = this.#example[index] as RawStep
    const found = this.#found[index]?.name ?? null
    if (step.kind === 'exports') return found === null ? step.name : this.#relative(found)
    // Of a listener the name is the event's.
    if (step.kind === 'listener') return step.name
    // What is exported may have been declared under another name, and what was minified under a longer one.
    return step.kind === 'variable' || step.kind === 'property' ? (found ?? step.name) : (step.name ?? found)
  }

  #placeOf(index: number): CodePlace | null {
    const place = this.#found[index]?.place ?? null
    return place === null ? null : { ...place, file: this.#relative(place.file) }
  }

  #relative(file: string): string {
    if (this.#folder === null || !isAbsolute(file)) return file
    const path = relative(this.#folder, file)
    return path.startsWith('..') ? file : path.split(sep).join('/')
  }

  #timerOf(step: RawStep): string {
    const { nodeType } = this.#snapshot.graph
    if (this.#snapshot.word(step.node) === W.Immediate) return 'setImmediate'
    // A small number is no node; nothing to repeat is one.
    const repeat = this.#snapshot.follow(step.node, W._repeat)
    return repeat !== -1 && nodeType[repeat] !== NODE.number ? 'setTimeout' : 'setInterval'
  }

  #own(): number {
    return this.#group.targets.reduce((sum, target) => sum + this.#snapshot.selfBytes(target), 0)
  }

  /** What a walk does not reach that enters nothing the holder holds. */
  #retained(whole: Walk): number {
    const blocked = new Uint8Array(this.#snapshot.graph.nodeCount)
    for (const path of this.#group.paths) for (const { node } of path.slice(this.#blamed.from)) blocked[node] = 1
    for (const target of this.#group.targets) blocked[target] = 1
    return whole.bytes - walk(this.#snapshot, { blocked, isCount: true }).bytes
  }

  #fingerprint(): string {
    const first = this.#placeOf(0)?.file ?? ''
    const steps = this.#example.map(
      (step) =>
        `${step.kind}|${step.name ?? ''}|${this.#names.type(step.node)}|${functionKey(this.#snapshot, this.#names, step)}`,
    )
    return createHash('sha256')
      .update(`${first}\n${steps.join('\n')}`)
      .digest('hex')
      .slice(0, 16)
  }
}
