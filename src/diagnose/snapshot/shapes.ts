/** What the nodes of a snapshot are, as far as their neighbours show it. Owned by one search for causes; keeps nothing. */
import type { Names } from './names.ts'
import type { Snapshot } from './snapshot.ts'
import { EDGE, NODE, WORDS as W } from './words.ts'

/** A name may follow. */
const NATIVE_CONTEXT = 'system / NativeContext'

/** Edges that are no step of their own, whatever they lead to. */
export const SILENT = new Uint8Array(256)
for (const word of [
  ...(['context', 'previous', 'extension', 'scope_info', 'properties', 'elements', 'table', 'prototype'] as const),
  ...(['shared', 'script', 'script_or_debug_info', 'code', 'feedback_cell', 'initial_map', '__proto__'] as const),
  ...(['native_to_javascript', 'javascript_to_native', 'native_context', 'global_proxy_object'] as const),
  ...(['parameters_and_registers', 'bindings', 'buffer', 'backing_store', '_timerArgs', '_argv', '_events'] as const),
  ...(['<symbol kEvents>', 'map', 'value'] as const),
])
  SILENT[W[word]] = 1

export class Shapes {
  readonly #snapshot: Snapshot
  readonly #names: Names

  constructor(snapshot: Snapshot, names: Names) {
    this.#snapshot = snapshot
    this.#names = names
  }

  /** Nothing is around it but what all scripts share. */
  isOfModule(context: number): boolean {
    const outer = this.#snapshot.follow(context, W.previous)
    return outer !== -1 && this.#names.node(outer).startsWith(NATIVE_CONTEXT)
  }

  /** Something that programs have in their hands, and not only V8. */
  isVisible(node: number): boolean {
    const { nodeType } = this.#snapshot.graph
    const type = nodeType[node]
    if (type === NODE.object) return this.#snapshot.word(node) !== W['system / Context']
    return (type === NODE.closure && !this.isNodes(node)) || type === NODE.regexp
  }

  isValue(node: number): boolean {
    const type = this.#snapshot.graph.nodeType[node] as number
    return type !== NODE.hidden && type !== NODE.array && type !== NODE.code && type !== NODE['object shape']
  }

  /** A function of V8's own, such as what goes on with an async function. */
  isNodes(closure: number): boolean {
    const { graph } = this.#snapshot
    if (graph.nodeType[closure] !== NODE.closure) return false
    const shared = this.#snapshot.follow(closure, W.shared)
    return shared !== -1 && this.#snapshot.word(shared) === W['(shared function info)']
  }

  /** What stands in an internal array at the index, or -1. */
  sibling(array: number, index: number): number {
    const { firstEdge } = this.#snapshot.graph
    for (let edge = firstEdge[array] as number; edge < (firstEdge[array + 1] as number); edge++)
      if (this.#snapshot.graph.edgeType[edge] === EDGE.internal && this.#names.edge(edge) === String(index))
        return this.#snapshot.to(edge)
    return -1
  }

  /**
   * In the table of a `Map`: three words of head, a list of buckets, and for each bucket two entries of key, value and link.
   * A `Set` has entries of two; there, and where the size says nothing, it is never taken for a key.
   */
  isKey(table: number, index: number): boolean {
    const words = this.#snapshot.selfBytes(table) / 8 - 2
    const buckets = (words - 3) / 7
    return (
      Number.isInteger(buckets) && buckets > 0 && (buckets & (buckets - 1)) === 0 && (index - 3 - buckets) % 3 === 0
    )
  }
}
