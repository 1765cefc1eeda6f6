/**
 * One walk over a snapshot, from the roots to everything that they keep alive: breadth first, so that the path to each node
 * is a shortest one, and in tiers, so that no path goes by what says nothing where another one goes by what does. It begins at the
 * variables of the program's modules and at the roots at once; a snapshot has no modules that nothing holds, since V8 collects before it takes one.
 *
 * Weak edges are not followed. The value of a `WeakMap` is reached through its key, once its table is reached too: whoever
 * holds only one of both does not hold the value. The same snapshot gives the same walk, edge for edge.
 */
import { type Exported, exportedCells } from './exported.ts'
import { type ModuleContexts, moduleContexts } from './module-contexts.ts'
import type { Snapshot } from './snapshot.ts'
import { EDGE, EPHEMERON, NO_WORD, NODE, WORDS, type Word } from './words.ts'

/** Of a node that was not reached, or at which paths begin: a root, the variables of a module of the program, the cell of one that it exports. */
export const NO_EDGE = 0xffff_ffff

/** By which kind of edge a path goes as late as possible. 0: whatever programs hold on purpose. */
const TIERS = 6
/** Variables of Node's own modules. */
const NODES = 1
const ASIDE = 2
const HANDLES = 3
const STACK = 4
const NOISE = 5
/** Never followed: each object has one, and what it leads to is reached in other ways. */
const NEVER = TIERS

const TIER_OF_EDGE = new Uint8Array(256)
/** V8's own: a program may well have a variable or property that is called so too. */
const TIER_OF_INTERNAL = new Uint8Array(256)
const put = (tiers: Uint8Array, tier: number, words: readonly Word[]) => {
  for (const word of words) tiers[WORDS[word]] = tier
}
put(TIER_OF_EDGE, ASIDE, ['<symbol kResourceStore>', '<symbol kAsyncContextFrame>', 'children', 'prototype'])
// A list that can be read from both ends is one: all of it is behind its first.
put(TIER_OF_EDGE, ASIDE, ['prev', '_prev'])
put(TIER_OF_INTERNAL, NEVER, ['map'])
// What is in the first two has an edge of its own, with its name.
put(TIER_OF_INTERNAL, ASIDE, ['properties', 'elements', 'initial_map', 'native_context', 'scope_info'])
put(TIER_OF_INTERNAL, ASIDE, ['shared', 'code', 'feedback_cell', 'script', 'script_or_debug_info'])

const TIER_OF_ROOT = new Uint8Array(256).fill(HANDLES)
for (const word of ['(Stack roots)', '(Handle scope)', '(Micro tasks)'] as const) TIER_OF_ROOT[WORDS[word]] = STACK
for (const word of [
  '(Internalized strings)',
  '(External strings)',
  '(Compilation cache)',
  '(Debugger)',
  '(Startup object cache)',
  '(Weak collections)',
  '(Weak roots)',
  '(Retain maps)',
] as const)
  TIER_OF_ROOT[WORDS[word]] = NOISE
TIER_OF_ROOT[WORDS['(GC roots)']] = 0

export interface Walk {
  /** By node: the edge by which it was reached. */
  readonly reachedBy: Uint32Array
  /** The nodes that were reached, in the order of the walk. */
  readonly order: Uint32Array
  /** Of all of them together. */
  readonly bytes: number
  /** By cell: the exported variable that it is. None, where only what is reached matters. */
  readonly exported: ReadonlyMap<number, Exported>
}

export interface WalkOptions {
  /** Nodes that are not entered, by node 1; what only they hold is not reached. */
  readonly blocked?: Uint8Array
  /** Only what is reached matters, and not how. */
  readonly isCount?: boolean
}

export function walk(snapshot: Snapshot, options: WalkOptions = {}): Walk {
  return new Walker(snapshot, options).walk()
}

class Walker {
  readonly #snapshot: Snapshot
  readonly #blocked: Uint8Array | undefined
  readonly #reachedBy: Uint32Array
  /** A node stands in it once. */
  readonly #queue: Uint32Array
  readonly #isReached: Uint8Array
  #count = 0
  #bytes = 0
  /** By tier: edges to be followed when everything before is done. */
  readonly #later = Array.from({ length: TIERS }, () => new EdgeList())
  // Bounded by the snapshot: pairs of `WeakMap`s whose table was not reached yet, by table.
  readonly #pairs = new Map<number, number[]>()
  readonly #tables: ReadonlyMap<number, number>
  readonly #exported: ReadonlyMap<number, Exported>
  /** Null where only what is reached matters, and not how. */
  readonly #modules: ModuleContexts | null

  constructor(snapshot: Snapshot, { blocked, isCount = false }: WalkOptions) {
    const { nodeCount } = snapshot.graph
    this.#snapshot = snapshot
    this.#blocked = blocked
    this.#reachedBy = new Uint32Array(nodeCount).fill(NO_EDGE)
    this.#queue = new Uint32Array(nodeCount)
    this.#isReached = new Uint8Array(nodeCount)
    this.#tables = snapshot.tables
    this.#exported = isCount ? new Map() : exportedCells(snapshot)
    this.#modules = isCount ? null : moduleContexts(snapshot, this.#exported)
  }

  walk(): Walk {
    for (const context of this.#modules?.program ?? []) this.#reach(context, NO_EDGE)
    if (this.#snapshot.graph.nodeCount > 0) this.#reach(0, NO_EDGE)
    let head = 0
    for (let tier = 0; tier < TIERS; tier++) {
      // What the program has in its own hands is told by that.
      if (tier === NODES) for (const context of this.#modules?.package ?? []) this.#reach(context, NO_EDGE)
      const later = this.#later[tier] as EdgeList
      for (let at = 0; at < later.length; at++) {
        const edge = later.get(at)
        this.#reach(this.#snapshot.to(edge), edge)
      }
      later.clear()
      while (head < this.#count) this.#follow(this.#queue[head++] as number, tier)
    }
    const order = this.#queue.subarray(0, this.#count)
    return { reachedBy: this.#reachedBy, order, bytes: this.#bytes, exported: this.#exported }
  }

  #follow(node: number, tier: number): void {
    const { firstEdge, edgeType, edgeName, edgeTo, nodeType } = this.#snapshot.graph
    const { words } = this.#snapshot.strings
    const isRoot = nodeType[node] === NODE.synthetic
    const isNodes = this.#modules?.isNodes[node] === 1
    const end = firstEdge[node + 1] as number
    for (let edge = firstEdge[node] as number; edge < end; edge++) {
      const to = edgeTo[edge] as number
      const type = edgeType[edge] as number
      if (this.#isReached[to] === 1 || type === EDGE.weak) continue
      let of = 0
      if (isRoot) of = this.#tierOfRoot(type, node, to)
      else if (type !== EDGE.element && type !== EDGE.hidden) {
        const word = words[edgeName[edge] as number] as number
        if (word === EPHEMERON) {
          this.#pair(node, edge)
          continue
        }
        if (isNodes && type === EDGE.context) of = NODES
        else if (word !== NO_WORD) of = (type === EDGE.internal ? TIER_OF_INTERNAL : TIER_OF_EDGE)[word] as number
      }
      if (of <= tier) this.#reach(to, edge)
      else if (of !== NEVER) this.#later[of]?.push(edge)
    }
  }

  #tierOfRoot(type: number, node: number, to: number): number {
    if (type === EDGE.shortcut) return 0
    // A root holds more than its own tier says only where the node is no root itself.
    if (this.#snapshot.graph.nodeType[to] !== NODE.synthetic) return node === 0 ? HANDLES : 0
    const word = this.#snapshot.word(to)
    return TIER_OF_ROOT[word] as number
  }

  #pair(node: number, edge: number): void {
    const table = this.#tables.get(this.#snapshot.graph.edgeName[edge] as number)
    // The table has such an edge too, and does not keep the value alive by itself.
    if (table === undefined || table === node) return
    const waiting = this.#pairs.get(table)
    if (this.#isReached[table] === 1) this.#reach(this.#snapshot.to(edge), edge)
    else if (waiting === undefined) this.#pairs.set(table, [edge])
    else waiting.push(edge)
  }

  #reach(node: number, edge: number): void {
    if (this.#isReached[node] === 1 || this.#blocked?.[node] === 1) return
    this.#isReached[node] = 1
    this.#reachedBy[node] = edge
    this.#queue[this.#count++] = node
    this.#bytes += this.#snapshot.selfBytes(node)
    if (this.#pairs.size === 0) return
    const waiting = this.#pairs.get(node)
    if (waiting === undefined) return
    this.#pairs.delete(node)
    for (const pair of waiting) this.#reach(this.#snapshot.to(pair), pair)
  }
}

/** Numbers of edges, as many as come. */
class EdgeList {
  #edges = new Uint32Array(1024)
  length = 0

  push(edge: number): void {
    if (this.length === this.#edges.length) {
      const longer = new Uint32Array(Math.max(1024, this.length * 2))
      longer.set(this.#edges)
      this.#edges = longer
    }
    this.#edges[this.length++] = edge
  }

  get(at: number): number {
    return this.#edges[at] as number
  }

  clear(): void {
    this.#edges = new Uint32Array(0)
    this.length = 0
  }
}
