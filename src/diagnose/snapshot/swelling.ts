/**
 * What grows without having more objects in it: a list or table of numbers, which are no objects in V8, a text, a buffer that
 * a larger one replaces. In each of three snapshots it is there, held on the same path, and takes more each time; or most of
 * those that are held on that path do, in several objects of a kind. Pure over three walks.
 */
import { Fold } from './fold.ts'
import { type Group, keyOfPath } from './groups.ts'
import { Names } from './names.ts'
import { isText } from './newcomers.ts'
import type { RawStep } from './raw-step.ts'
import { NO_EDGE, type Walk } from './search.ts'
import { Shapes } from './shapes.ts'
import type { Snapshot } from './snapshot.ts'
import { goesOn, type Text } from './texts.ts'
import { EDGE, NODE, WORDS as W } from './words.ts'

/** What comes to less in the last snapshot is not told; what is smaller by itself is not looked at. */
const BYTES_MIN = 4_096
const BYTES_EACH_MIN = 512
/** So many of those that are held on one path have to have grown. */
const MOST = 0.5
/** So many of a snapshot are looked at, the largest first. */
const LOOKED_AT = 20_000
/** What has so many objects in it, of the words it has room for, is counted by those. */
const OBJECTS_MAX = 0.25
const WORD = 8
/** The table of a `Set` or `Map` is doubled when it is full: between two rounds it may stay. It has to be large, then, to say anything. */
const DOUBLED = 1.9
const TABLE_MIN = 32_768
/** The room of a list that is filled grows by half, that of a copy by what has come. */
const EVEN = 0.8
/** From what takes the room to whose it is. */
const STEPS_MAX = 4

const STORES = new Set<number | undefined>([
  NODE.array,
  NODE.native,
  NODE.string,
  NODE['concatenated string'],
  NODE.hidden,
])

export interface Swollen {
  readonly group: Group
  /** What it took in each of the three. */
  readonly bytes: readonly [number, number, number]
}

interface Store {
  /** What takes the room. */
  readonly node: number
  readonly owner: number
  readonly steps: readonly RawStep[]
  readonly bytes: number
  readonly isTable: boolean
}

/** By the key of their path, and whose they are. */
type Stores = ReadonlyMap<string, ReadonlyMap<string, Store>>

export interface Walked {
  readonly snapshot: Snapshot
  readonly walk: Walk
}

/** Those that take most first. @param tables see groupPaths */
export function swelling(all: readonly [Walked, Walked, Walked], tables: ReadonlySet<string>): Swollen[] {
  const [a, b, c] = all.map((walked) => storesIn(walked, tables)) as [Stores, Stores, Stores]
  const found: Swollen[] = []
  for (const [key, last] of c) {
    const grown = [...last].flatMap(([whose, store]) => {
      const stores = [...[a, b].map((before) => same(before.get(key), last.size === 1 ? null : whose)), store]
      const bytes = stores.map((each) => each?.bytes ?? 0) as unknown as Swollen['bytes']
      return isGrown(bytes) && isOne(all, stores, bytes) && isOneText(all, stores) ? [{ store, bytes }] : []
    })
    const sum = [0, 1, 2].map((at) => grown.reduce((sum, { bytes }) => sum + (bytes[at] ?? 0), 0))
    const counts = sum as unknown as Swollen['bytes']
    if (grown.length < last.size * MOST || !swells(counts, grown[0]?.store.isTable === true)) continue
    const paths = grown.map(({ store }) => [...store.steps])
    found.push({
      group: { key, paths, targets: grown.map(({ store }) => store.owner), isWhole: true },
      bytes: counts,
    })
  }
  return found.sort((x, y) => y.bytes[2] - y.bytes[0] - (x.bytes[2] - x.bytes[0]))
}

/** @param whose null: it does not matter, if there is only one */
function same(stores: ReadonlyMap<string, Store> | undefined, whose: string | null): Store | undefined {
  if (whose !== null) return stores?.get(whose)
  return stores?.size === 1 ? [...stores.values()][0] : undefined
}

/**
 * Is it the same all the time? Only a buffer cannot grow, so that a larger one takes its place. A list that another takes the place of
 * may be one that is copied with each number, and is as long as it has to be; one that is begun anew now and then is another.
 */
function isOne(all: readonly Walked[], stores: readonly (Store | undefined)[], [a, b, c]: Swollen['bytes']): boolean {
  const { word, id } = ofOwner(all, stores, 2)
  const isSame = [0, 1].every((index) => ofOwner(all, stores, index).id === id)
  if (isSame) return true
  if (word === W.Map || word === W.Set) return false
  return word !== W.Array || Math.min(b - a, c - b) >= Math.max(b - a, c - b) * EVEN
}

function ofOwner(all: readonly Walked[], stores: readonly (Store | undefined)[], index: number) {
  const { snapshot } = all[index] as Walked
  const owner = stores[index]?.owner ?? -1
  return { word: owner === -1 ? 0 : snapshot.word(owner), id: snapshot.graph.nodeId[owner] }
}

function isOneText(all: readonly Walked[], stores: readonly (Store | undefined)[]): boolean {
  const texts = stores.map((store, index) => ({ snapshot: (all[index] as Walked).snapshot, node: store?.node ?? -1 }))
  return texts.every((text, index) => {
    const before = texts[index - 1]
    return before === undefined || !isString(text) || !isString(before) || goesOn(before, text)
  })
}

function isString({ snapshot, node }: Text): boolean {
  const type = snapshot.graph.nodeType[node]
  return type === NODE.string || isText(type)
}

const isGrown = ([a, b, c]: Swollen['bytes']): boolean => a > 0 && b >= a && c >= b && c > a

function swells([a, b, c]: Swollen['bytes'], isTable: boolean): boolean {
  return c >= BYTES_MIN && ((b > a && c > b) || (isTable && c >= TABLE_MIN && c >= a * DOUBLED))
}

function storesIn({ snapshot, walk }: Walked, tables: ReadonlySet<string>): Stores {
  const names = new Names(snapshot)
  const fold = new Fold(snapshot, walk, names)
  const shapes = new Shapes(snapshot, names)
  const stores = new Map<string, Map<string, Store>>()
  for (const node of largest(snapshot, walk)) {
    const owner = ownerOf(snapshot, walk, shapes, node)
    if (owner === -1 || (!isText(snapshot.graph.nodeType[node]) && isCountable(snapshot, node))) continue
    const { steps } = fold.path(owner)
    const key = keyOfPath(snapshot, names, steps, tables)
    const bytes = bytesOf(snapshot, walk.reachedBy, node)
    const isTable = snapshot.edgeWord(walk.reachedBy[node] as number) === W.table
    const alike = stores.get(key) ?? new Map()
    stores.set(key, alike.set(whoseIs(snapshot, steps, owner), { node, owner, steps, bytes, isTable }))
  }
  return stores
}

/** Of the object whose property it is, as another may take its place there; else its own. */
function whoseIs({ graph: { nodeId } }: Snapshot, steps: readonly RawStep[], owner: number): string {
  const last = steps.at(-1)
  return last?.node === owner && last.owner !== -1 ? `${nodeId[last.owner]} ${last.name}` : `${nodeId[owner]}`
}

function largest(snapshot: Snapshot, { reachedBy }: Walk): number[] {
  const { nodeCount, nodeType } = snapshot.graph
  const found: number[] = []
  for (let node = 0; node < nodeCount; node++) {
    if (!STORES.has(nodeType[node]) || reachedBy[node] === NO_EDGE) continue
    if (bytesOf(snapshot, reachedBy, node) >= BYTES_EACH_MIN) found.push(node)
  }
  if (found.length <= LOOKED_AT) return found
  return found.sort((x, y) => snapshot.selfBytes(y) - snapshot.selfBytes(x)).slice(0, LOOKED_AT)
}

/** Of a text that is made of others, of all of them; of those others, nothing. */
function bytesOf(snapshot: Snapshot, reachedBy: Uint32Array, node: number): number {
  const { nodeType, firstEdge } = snapshot.graph
  if (isText(nodeType[snapshot.from(reachedBy[node] as number)])) return 0
  if (!isText(nodeType[node])) return snapshot.selfBytes(node)
  const parts = [node]
  let bytes = 0
  for (let at = parts.pop(); at !== undefined; at = parts.pop()) {
    bytes += snapshot.selfBytes(at)
    for (let edge = firstEdge[at] as number; edge < (firstEdge[at + 1] as number); edge++)
      if (reachedBy[snapshot.to(edge)] === edge) parts.push(snapshot.to(edge))
  }
  return bytes
}

/** What a program would call it by: the array of its elements, the buffer of its bytes, the text itself. -1: nothing of a program's. */
function ownerOf(snapshot: Snapshot, walk: Walk, shapes: Shapes, node: number): number {
  if (snapshot.graph.nodeType[node] === NODE.string || isText(snapshot.graph.nodeType[node])) return node
  let at = node
  for (let step = 0; step < STEPS_MAX; step++) {
    const edge = walk.reachedBy[at] as number
    if (edge === NO_EDGE) return -1
    at = snapshot.from(edge)
    if (shapes.isVisible(at)) return snapshot.graph.nodeType[at] === NODE.closure ? -1 : at
  }
  return -1
}

function isCountable({ graph }: Snapshot, node: number): boolean {
  const { firstEdge, edgeType, edgeTo, nodeType } = graph
  let objects = 0
  for (let edge = firstEdge[node] as number; edge < (firstEdge[node + 1] as number); edge++) {
    const type = nodeType[edgeTo[edge] as number]
    if (edgeType[edge] !== EDGE.weak && type !== NODE.hidden && type !== NODE.number) objects++
  }
  return objects * WORD > (graph.nodeSelf[node] as number) * OBJECTS_MAX
}
