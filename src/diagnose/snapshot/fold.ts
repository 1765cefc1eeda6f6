/**
 * Turns a path of nodes and edges into what somebody would say of it: what V8 and Node need to make a `Map`, a listener, a
 * timer or a promise is left out, and a path begins anew where something begins that can be named by itself: a variable of a
 * module, what a module exports, a timer.
 *
 * Owned by whoever asks for the causes; keeps the names it has decoded, and nothing of the paths.
 */

import type { StepKind } from './cause.ts'
import { Climb } from './climb.ts'
import type { Names } from './names.ts'
import type { RawStep } from './raw-step.ts'
import { withoutRepeats } from './repeats.ts'
import type { Walk } from './search.ts'
import { Shapes, SILENT, TIMER_VARIABLES } from './shapes.ts'
import type { Snapshot } from './snapshot.ts'
import { isKeyAt } from './tables.ts'
import { EDGE, EPHEMERON, NODE, PROTOTYPE, WORDS as W } from './words.ts'

/** What the next edge out of an internal array means. */
type Within = 'table' | 'store' | 'event table' | 'registers' | 'bindings' | 'arguments' | 'stack' | null

export class Fold {
  readonly #snapshot: Snapshot
  readonly #names: Names
  readonly #shapes: Shapes
  readonly #climb: Climb
  #steps: RawStep[] = []
  #within: Within = null
  /** The `_events` of an emitter, when the path is there. */
  #events = -1
  /** A listener whose function is yet to come. */
  #isListening = false
  #first = -1
  /** By cell. */
  readonly #exported: Walk['exported']

  constructor(snapshot: Snapshot, walk: Walk, names: Names) {
    this.#snapshot = snapshot
    this.#names = names
    this.#shapes = new Shapes(snapshot, names)
    this.#exported = walk.exported
    this.#climb = new Climb(snapshot, walk, this.#shapes)
  }

  /**
   * The steps to the node, which has to have been reached; the last one leads to it.
   *
   * @param isTarget by node 1: then `first` is the first of them on the path
   */
  path(node: number, isTarget?: Uint8Array): { readonly steps: RawStep[]; readonly first: number } {
    this.#steps = []
    this.#first = -1
    this.#leave()
    for (const edge of this.#climb.edges(node)) {
      this.#edge(edge)
      const to = this.#snapshot.to(edge)
      // Whatever holds it, it is known by its own name.
      if (this.#snapshot.word(to) === W.process && this.#steps.at(-1)?.node === to)
        this.#restart('root', 'process', to, -1)
      if (this.#first === -1 && isTarget?.[to] === 1) this.#first = to
    }
    const last = this.#steps.at(-1)
    if (last === undefined || (last.node !== node && last.fn !== node)) this.#push('internal', null, node, -1)
    const { nodeName } = this.#snapshot.graph
    const steps = withoutRepeats(this.#steps, ({ kind, name, node: to }) => `${kind}|${name}|${nodeName[to]}`)
    return { steps, first: this.#first }
  }

  #push(kind: StepKind, name: string | null, node: number, owner: number, index = -1): RawStep {
    const step = { kind, name, node, owner, fn: -1, index }
    this.#steps.push(step)
    return step
  }

  /** The path begins here. */
  #restart(kind: StepKind, name: string | null, node: number, owner: number): RawStep {
    this.#steps = []
    this.#first = -1
    return this.#push(kind, name, node, owner)
  }

  #leave(): void {
    this.#within = null
    this.#events = -1
    this.#isListening = false
  }

  #edge(edge: number): void {
    const snapshot = this.#snapshot
    const { edgeType, edgeTo, nodeType } = snapshot.graph
    const to = edgeTo[edge] as number
    const from = snapshot.from(edge)
    const word = snapshot.edgeWord(edge)
    if (nodeType[from] === NODE.synthetic) this.#fromRoot(edge, from, to)
    else if (word === EPHEMERON) {
      this.#push('weak value', null, to, from)
      this.#leave()
    } else if (edgeType[edge] === EDGE.context) this.#variable(edge, from, to)
    else if (nodeType[from] === NODE.array) this.#outOfArray(edge, from, to)
    else this.#fromObject(edge, word, from, to)
  }

  #fromObject(edge: number, word: number, from: number, to: number): void {
    if (this.#ofTimers(word, from, to)) return
    if (this.#ofListeners(edge, word, from, to)) return
    if (this.#ofPromises(edge, word, from, to)) return
    if (this.#ofModules(word, from, to)) return
    if (this.#ofFunctions(edge, word, from, to)) return
    this.#ofObjects(edge, word, from, to)
  }

  #fromRoot(edge: number, from: number, to: number): void {
    const { nodeType, edgeType } = this.#snapshot.graph
    this.#steps = []
    if (nodeType[to] === NODE.synthetic || edgeType[edge] === EDGE.shortcut) {
      if (nodeType[to] === NODE.object) this.#push('root', 'globalThis', to, -1)
      return
    }
    const root = this.#push('root', this.#names.node(from), from, -1)
    if (this.#shapes.isVisible(to)) root.node = to
  }

  #variable(edge: number, from: number, to: number): void {
    const name = this.#names.edge(edge)
    if (this.#shapes.isOfModule(from)) this.#restart('variable', name, to, from)
    else this.#push('variable', name, to, from)
    this.#leave()
  }

  #outOfArray(edge: number, from: number, to: number): void {
    const within = this.#within
    const index = Number(this.#names.edge(edge))
    if (!this.#shapes.isVisible(to) && !(within !== null && this.#shapes.isValue(to))) return
    this.#within = null
    if (within === 'table') this.#push(isKeyAt(this.#snapshot, from, index) ? 'key' : 'entry', null, to, -1)
    else if (within === 'event table') {
      const key = this.#shapes.sibling(from, index - 1)
      this.#push('listener', key === -1 ? null : this.#names.node(key), to, from)
      this.#isListening = true
    } else if (within === 'stack') this.#push('internal', 'stack', to, -1)
    else if (within === 'store') this.#push('store', null, to, -1)
    else if (within === 'registers') this.#push('local', null, to, this.#steps.at(-1)?.node ?? -1, index)
    else if (within === 'bindings' || within === 'arguments') this.#push('bound argument', null, to, -1)
    else this.#push('element', null, to, -1)
  }

  #ofTimers(word: number, from: number, to: number): boolean {
    const t = this.#snapshot.word(to)
    if (t === W.TimersList || t === W.ImmediateList) {
      this.#steps = []
      return true
    }
    if (t === W.Timeout || t === W.Immediate) {
      const isNodes = TIMER_VARIABLES.has(this.#steps[0]?.name ?? '') && this.#steps[0]?.kind === 'variable'
      if (!isNodes && !this.#shapes.isQueued(word, from, to)) return false
      const called = this.#snapshot.follow(to, t === W.Timeout ? W._onTimeout : W._onImmediate)
      this.#restart('timer', null, to, -1).fn = called
      this.#leave()
      return true
    }
    if (word === W._onTimeout || word === W._onImmediate) {
      if (this.#steps.at(-1)?.kind !== 'timer') this.#push('function', null, to, from)
      return true
    }
    return false
  }

  #ofListeners(edge: number, word: number, from: number, to: number): boolean {
    const { graph } = this.#snapshot
    const isProperty = graph.edgeType[edge] === EDGE.property
    // A program may call something else so: what it has published, say.
    if (word === W._events && this.#snapshot.word(to) === W.Object) {
      this.#events = to
      return true
    }
    if (this.#events === from && isProperty && word !== PROTOTYPE) {
      this.#events = -1
      this.#push('listener', this.#names.edge(edge), to, from)
      this.#isListening = true
      return true
    }
    if (word === W['<symbol kEvents>'] || word === W['<symbol kHandlers>']) {
      this.#within = 'event table'
      return true
    }
    if (!this.#isListening) return false
    // Several listeners are in an array; those of `once`, and of event targets, are wrapped.
    const isElement = graph.edgeType[edge] === EDGE.element && this.#snapshot.word(from) === W.Array
    const isWrapped = this.#shapes.isWrapped(word, from)
    const last = this.#steps.at(-1)
    if ((!isElement && !isWrapped) || last?.kind !== 'listener') {
      this.#isListening = false
      return false
    }
    last.node = to
    return true
  }

  #ofPromises(edge: number, word: number, from: number, to: number): boolean {
    const { nodeType, edgeType } = this.#snapshot.graph
    const f = this.#snapshot.word(from)
    const t = this.#snapshot.word(to)
    if (word === W.reactions_or_result) {
      if (t !== W['system / PromiseReaction']) this.#push('result', null, to, from)
      return true
    }
    if (t === W.Generator && (word === W.extension || edgeType[edge] === EDGE.hidden)) {
      this.#push('awaiting', null, to, -1).fn = this.#snapshot.follow(to, W.function)
      return true
    }
    if (word === W.parameters_and_registers) {
      this.#within = 'registers'
      return true
    }
    if (f === W['system / PromiseReaction']) {
      if (t === W.AsyncContextFrame) return true
      if (nodeType[to] === NODE.closure && !this.#shapes.isBuiltIn(to)) this.#push('reaction', null, to, -1)
      else if (nodeType[to] !== NODE.closure && t !== W.Promise && this.#shapes.isVisible(to))
        this.#push('store', null, to, -1)
      return true
    }
    if (f === W['system / PromiseCapability']) return true
    // Of a function that waits: the promise it has returned.
    return f === W.Generator && t === W.Promise
  }

  #ofModules(word: number, from: number, to: number): boolean {
    const snapshot = this.#snapshot
    const exported = this.#exported.get(from)
    if (exported !== undefined) {
      this.#restart('variable', exported.name, to, exported.module)
      return true
    }
    if (this.#shapes.isExports(word, from)) {
      const file = snapshot.follow(from, W.filename)
      this.#restart('exports', file === -1 ? null : this.#names.node(file), to, from)
      return true
    }
    // Whatever has required it: what is taken out of `require.cache` stays there.
    if (word === W.children && snapshot.word(from) === W.Module) this.#restart('property', 'children', to, from)
    else if (word === W.global_object) this.#restart('root', 'globalThis', to, -1)
    else return false
    return true
  }

  #ofFunctions(edge: number, word: number, from: number, to: number): boolean {
    if (word === W._timerArgs || word === W._argv) this.#within = 'arguments'
    else if (this.#snapshot.graph.edgeType[edge] !== EDGE.internal) return false
    else if (word === W.bound_this) this.#push('bound this', null, to, from)
    else if (word === W.bound_function || word === W.function) this.#push('function', null, to, from)
    else if (word === W.bindings) this.#within = 'bindings'
    else return false
    return true
  }

  #ofObjects(edge: number, word: number, from: number, to: number): void {
    const { nodeType, edgeType } = this.#snapshot.graph
    const f = this.#snapshot.word(from)
    const type = edgeType[edge] as number
    if (word === W.table && type === EDGE.internal) {
      if (this.#within !== 'event table') this.#within = f === W.AsyncContextFrame ? 'store' : 'table'
      return
    }
    if (word === W['<symbol kAsyncContextFrame>'] || this.#snapshot.word(to) === W.AsyncContextFrame) return
    if (word === W['<symbol kResourceStore>']) this.#push('store', null, to, from)
    else if (word === W['<symbol owner_symbol>']) this.#push('internal', null, to, from)
    else if (f === W['system / WeakCell']) {
      if (this.#shapes.isVisible(to) && this.#snapshot.word(to) !== W.FinalizationRegistry)
        this.#push('held value', null, to, from)
    } else if (word === W.constructor && nodeType[to] === NODE.closure) this.#push('function', null, to, from)
    else if (SILENT[word] === 1 && (type === EDGE.internal || word === PROTOTYPE)) return
    else if (type === EDGE.element) {
      const kind = this.#within === 'arguments' ? 'bound argument' : f === W.Array ? 'element' : 'entry'
      this.#within = null
      this.#push(kind, null, to, -1)
    } else if (type === EDGE.property && nodeType[to] === NODE.array) {
      // A symbol of V8's: what the stack of an error will be made of, with the receivers of all calls.
      this.#within = 'stack'
    } else if (type === EDGE.property) {
      const last = this.#steps.at(-1)
      // From link to link of a list, from node to node of a tree: only the latest is told.
      if (last && this.#shapes.isLink(edge, from, to, last.node)) Object.assign(last, { node: to, isChain: true })
      else this.#push('property', this.#names.edge(edge), to, from)
    } else if (this.#shapes.isVisible(to) && this.#snapshot.word(to) !== W.Promise)
      this.#push('internal', null, to, from)
  }
}
