/** What the nodes of a snapshot are, as far as their neighbours show it. Owned by one search for causes; keeps nothing. */
import { isOfModule } from './module-contexts.ts'
import type { Names } from './names.ts'
import { scriptOf } from './script-name.ts'
import type { Snapshot } from './snapshot.ts'
import { EDGE, NODE, WORDS as W } from './words.ts'

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

/** Of Node: where its timers are. */
export const TIMER_VARIABLES = new Set(['knownTimersById', 'timerListMap', 'timerListQueue', 'immediateQueue'])

/** Classes whose objects have nothing to do with each other. */
const GENERAL = new Set([W.Object, W.Array, W.Map, W.Set, W.WeakMap, W.WeakSet, W.Promise, W.Generator])
const LINKS = new Set(['next', 'prev', 'previous', '_next', '_prev'])

export class Shapes {
  readonly #snapshot: Snapshot
  readonly #names: Names

  constructor(snapshot: Snapshot, names: Names) {
    this.#snapshot = snapshot
    this.#names = names
  }

  /** Nothing is around it but what all scripts share. */
  isOfModule(context: number): boolean {
    return isOfModule(this.#snapshot, context)
  }

  /** A timer in the list of those that have yet to run. */
  isQueued(word: number, from: number, to: number): boolean {
    const t = this.#snapshot.word(to)
    if (t !== W.Timeout && t !== W.Immediate) return false
    const f = this.#snapshot.word(from)
    return f === W.TimersList || f === W.ImmediateList || word === W._idleNext || word === W._idlePrev
  }

  /**
   * From one object to another of its class; objects without a class are links by the name of the property, or by their shape. `told` is the one
   * that the path has come to: of a long list it has not seen all.
   */
  isLink(edge: number, from: number, to: number, told: number): boolean {
    const { nodeName, nodeType } = this.#snapshot.graph
    if (
      nodeName[told] !== nodeName[from] ||
      nodeName[from] !== nodeName[to] ||
      nodeType[to] !== NODE.object ||
      nodeType[from] !== NODE.object
    )
      return false
    if (!GENERAL.has(this.#snapshot.word(to)) || LINKS.has(this.#names.edge(edge))) return true
    return this.#snapshot.word(to) === W.Object && this.#isSameShape(from, to)
  }

  /** Have they the same properties, in the same order? So it is in a tree of objects without a class. */
  #isSameShape(one: number, other: number): boolean {
    const map = this.#snapshot.follow(one, W.map)
    return map !== -1 && map === this.#snapshot.follow(other, W.map)
  }

  /** What a module of CommonJS exports. */
  isExports(word: number, from: number): boolean {
    return word === W.exports && this.#snapshot.word(from) === W.Module
  }

  /** Something that programs have in their hands, and not only V8. */
  isVisible(node: number): boolean {
    const { nodeType } = this.#snapshot.graph
    const type = nodeType[node]
    if (type === NODE.object) return this.#snapshot.word(node) !== W['system / Context']
    return (type === NODE.closure && !this.isBuiltIn(node)) || type === NODE.regexp
  }

  isValue(node: number): boolean {
    const type = this.#snapshot.graph.nodeType[node] as number
    return type !== NODE.hidden && type !== NODE.array && type !== NODE.code && type !== NODE['object shape']
  }

  /** A function of V8's own, such as what goes on with an async function. */
  isBuiltIn(closure: number): boolean {
    const { graph } = this.#snapshot
    if (graph.nodeType[closure] !== NODE.closure) return false
    const shared = this.#snapshot.follow(closure, W.shared)
    if (shared === -1) return false
    const script = this.#snapshot.follow(shared, W.script)
    const other = script === -1 ? this.#snapshot.follow(shared, W.script_or_debug_info) : script
    return other === -1 || graph.nodeType[other] !== NODE.code
  }

  /** Behind this edge of what was put on as a listener is the function: that of `once`, or what `onmessage` was set to. */
  isWrapped(word: number, from: number): boolean {
    if (word === W.handler) return scriptOf(this.#snapshot, from)?.url.startsWith('node:') === true
    return word === W.listener || word === W.callback || word === W.next
  }

  /** What stands in an internal array at the index, or -1. */
  sibling(array: number, index: number): number {
    const { firstEdge } = this.#snapshot.graph
    for (let edge = firstEdge[array] as number; edge < (firstEdge[array + 1] as number); edge++)
      if (this.#snapshot.graph.edgeType[edge] === EDGE.internal && this.#names.edge(edge) === String(index))
        return this.#snapshot.to(edge)
    return -1
  }
}
