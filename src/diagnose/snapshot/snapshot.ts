/**
 * A heap snapshot in memory: its graph, its strings, its places. Nodes are numbers from 0, in the order of the file.
 *
 * Owned by whoever has read it; holds no file and ends with its last reference.
 */
import type { Graph } from './graph.ts'
import type { Location, Locations } from './locations.ts'
import type { StringTable } from './string-table.ts'
import type { Targets } from './targets.ts'
import { EDGE, NO_WORD, NODE, WORDS } from './words.ts'

export class Snapshot {
  readonly graph: Graph
  readonly strings: StringTable
  readonly locations: Locations
  /** By the name of an edge that holds the value of a `WeakMap`: the node of its table. */
  // Bounded by the strings.
  readonly tables: ReadonlyMap<number, number>

  constructor(graph: Graph, strings: StringTable, locations: Locations) {
    this.graph = graph
    this.strings = strings
    this.locations = locations
    this.tables = tableNodes(graph, strings.tables)
  }

  /** Is the name of such an edge a string? Otherwise it is the index of an element. */
  static isNamed(type: number): boolean {
    return type !== EDGE.element && type !== EDGE.hidden
  }

  /**
   * The nodes that are meant, in the order of the file, none twice. Prototypes are none: they bear the name of their class,
   * and are not of it.
   */
  find(targets: Targets): Uint32Array {
    const found: number[] = []
    const { nodeCount, nodeId, nodeName, nodeType } = this.graph
    const ids = new Set(targets.ids ?? [])
    const className = targets.className === undefined ? -1 : this.strings.indexOf(targets.className)
    const anyName = targets.nodeName === undefined ? -1 : this.strings.indexOf(targets.nodeName)
    for (let node = 0; node < nodeCount; node++) {
      const name = nodeName[node]
      if (
        (ids.size > 0 && ids.has(nodeId[node] as number)) ||
        name === anyName ||
        (name === className && this.#isInstance(nodeType[node] as number, node))
      )
        found.push(node)
    }
    return Uint32Array.from(found)
  }

  name(node: number): string {
    return this.strings.get(this.graph.nodeName[node] as number)
  }

  /** Which of words.ts the name of the node is. */
  word(node: number): number {
    return this.strings.word(this.graph.nodeName[node] as number)
  }

  edgeName(edge: number): string {
    const name = this.graph.edgeName[edge] as number
    return Snapshot.isNamed(this.graph.edgeType[edge] as number) ? this.strings.get(name) : String(name)
  }

  edgeWord(edge: number): number {
    const { edgeType, edgeName } = this.graph
    return Snapshot.isNamed(edgeType[edge] as number) ? this.strings.word(edgeName[edge] as number) : NO_WORD
  }

  /** The node that the edge is of. */
  from(edge: number): number {
    const { firstEdge, nodeCount } = this.graph
    let low = 0
    let high = nodeCount
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((firstEdge[middle + 1] as number) <= edge) low = middle + 1
      else high = middle
    }
    return low
  }

  to(edge: number): number {
    return this.graph.edgeTo[edge] as number
  }

  /** Where the first edge leads that is called so, or -1. */
  follow(node: number, word: number): number {
    const { firstEdge } = this.graph
    for (let edge = firstEdge[node] as number; edge < (firstEdge[node + 1] as number); edge++)
      if (this.edgeWord(edge) === word) return this.to(edge)
    return -1
  }

  selfBytes(node: number): number {
    return this.graph.hugeNodes.get(node) ?? (this.graph.nodeSelf[node] as number)
  }

  location(node: number): Location | null {
    return this.locations.of(node)
  }

  /** Prototypes have the property `constructor` of their own. */
  #isInstance(type: number, node: number): boolean {
    return (type === NODE.object || type === NODE.native || type === NODE.regexp) && !this.isPrototype(node)
  }

  isPrototype(node: number): boolean {
    const { firstEdge, edgeType } = this.graph
    for (let edge = firstEdge[node] as number; edge < (firstEdge[node + 1] as number); edge++)
      if (edgeType[edge] === EDGE.property && this.edgeWord(edge) === WORDS.constructor) return true
    return false
  }
}

function tableNodes({ nodeId, nodeCount }: Graph, ids: ReadonlyMap<number, number>): ReadonlyMap<number, number> {
  const wanted = new Set(ids.values())
  const byId = new Map<number, number>()
  if (wanted.size === 0) return byId
  for (let node = 0; node < nodeCount; node++) {
    const id = nodeId[node] as number
    if (wanted.has(id)) byId.set(id, node)
  }
  return new Map([...ids].map(([name, id]) => [name, byId.get(id) ?? -1]))
}
