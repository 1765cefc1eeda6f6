/**
 * From a node up to where its path begins to say something: a root, or what can be named by itself. A long list of links is
 * gone up once, however many hang on it.
 *
 * Owned by one search for causes; keeps where such lists begin.
 */
import { NO_EDGE, type Walk } from './search.ts'
import type { Shapes } from './shapes.ts'
import type { Snapshot } from './snapshot.ts'
import { EDGE, WORDS as W } from './words.ts'

export class Climb {
  readonly #snapshot: Snapshot
  readonly #walk: Walk
  readonly #shapes: Shapes
  // Bounded by the snapshot: by a node in a list of links, the edge to the first of them, or to one nearer to it.
  readonly #listStarts = new Map<number, number>()

  constructor(snapshot: Snapshot, walk: Walk, shapes: Shapes) {
    this.#snapshot = snapshot
    this.#walk = walk
    this.#shapes = shapes
  }

  /** The edges of the path, the first one first. Of links that are all alike, it has the first and the last. */
  edges(node: number): number[] {
    const edges: number[] = []
    for (let at = node; ; ) {
      const edge = this.#walk.reachedBy[at] as number
      if (edge === NO_EDGE) break
      edges.push(edge)
      if (this.#begins(edge)) break
      const from = this.#snapshot.from(edge)
      const above = this.#walk.reachedBy[from] as number
      at = this.#isAlike(edge, above) ? this.#listStart(from, above) : from
    }
    return edges.reverse()
  }

  /** Whatever is before it is of no interest. */
  #begins(edge: number): boolean {
    const snapshot = this.#snapshot
    const from = snapshot.from(edge)
    const to = snapshot.to(edge)
    if (this.#walk.exported.has(from)) return true
    if (snapshot.graph.edgeType[edge] === EDGE.context) return this.#shapes.isOfModule(from)
    const word = snapshot.edgeWord(edge)
    return this.#shapes.isQueued(word, from, to) || this.#shapes.isExports(word, from) || word === W.global_object
  }

  #isAlike(edge: number, above: number): boolean {
    if (above === NO_EDGE) return false
    const { edgeType, edgeName, nodeName } = this.#snapshot.graph
    return (
      edgeType[edge] === edgeType[above] &&
      edgeType[edge] === EDGE.property &&
      edgeName[edge] === edgeName[above] &&
      nodeName[this.#snapshot.to(edge)] === nodeName[this.#snapshot.to(above)]
    )
  }

  /** @returns the node that the first of the links like `edge` leads to */
  #listStart(node: number, edge: number): number {
    const passed: number[] = []
    let at = node
    let link = edge
    for (;;) {
      const known = this.#listStarts.get(at)
      if (known !== undefined) {
        at = known
        break
      }
      passed.push(at)
      const from = this.#snapshot.from(link)
      const above = this.#walk.reachedBy[from] as number
      if (!this.#isAlike(link, above)) break
      at = from
      link = above
    }
    for (const each of passed) this.#listStarts.set(each, at)
    return at
  }
}
