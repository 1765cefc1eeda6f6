/**
 * What the reader of snapshots has to say: the causes for which objects are still alive, each with the path on which they
 * are held. Plain data that goes between processes as it is; holds no snapshot.
 */

/** In the code. Both counted from 1. */
export interface CodePlace {
  /** A path, or what V8 calls the script (`node:internal/timers`, say). */
  readonly file: string
  readonly line: number
  /**
   * What stands there: the declaration or first assignment of the very name (`declared`), the function it was found in
   * (`function`), or the variable or class around it (`near`), because the name itself was not found.
   */
  readonly is: 'declared' | 'function' | 'near'
}

export type StepKind =
  /** A variable of a module or a function that closures share. */
  | 'variable'
  /** A property of an object or class, a private field too. */
  | 'property'
  /** What a module of CommonJS exports. */
  | 'exports'
  /** In a `Map`, `Set`, or an object used as a table: any of its entries. */
  | 'entry'
  /** A key of a `Map`. */
  | 'key'
  | 'element'
  /** Of an emitter or an event target; the name is the event's. */
  | 'listener'
  /** `setTimeout`, `setInterval` or `setImmediate` that has yet to run. */
  | 'timer'
  /** A function that an array, a property, an object keeps. */
  | 'function'
  /** An async function that waits; or a generator that can go on. */
  | 'awaiting'
  /** A variable or parameter of a function that waits. */
  | 'local'
  /** A function given to `then`. */
  | 'reaction'
  /** What a promise was fulfilled with. */
  | 'result'
  /** The store of an `AsyncLocalStorage`, kept by whatever was begun in it. */
  | 'store'
  /** What a `FinalizationRegistry` was given to hand over. */
  | 'held value'
  /** In a `WeakMap`, alive because its key is. */
  | 'weak value'
  | 'bound this'
  | 'bound argument'
  /** What only the runtime knows. */
  | 'internal'
  /** Where a path begins that has no variable: an open handle, the stack. */
  | 'root'

export interface Step {
  readonly kind: StepKind
  /** Of the variable, property, event, function; null where it has none. */
  readonly name: string | null
  /** The class of the object that the step leads to; `function` for functions. */
  readonly type: string
  readonly place: CodePlace | null
  /** As it stands in a path: `Map "clients" (src/chat.ts:12)`. */
  readonly text: string
}

export type HolderKind =
  | 'Map'
  | 'Set'
  | 'WeakMap'
  | 'array'
  | 'object'
  | 'listener'
  | 'timer'
  | 'closure'
  | 'promise'
  | 'reaction'
  | 'store'
  | 'registry'
  | 'variable'
  | 'property'
  | 'internal'

export interface Holder {
  /** Of the variable or property that holds, of the event for a listener, of the function for a timer; empty if it has none. */
  readonly name: string
  readonly kind: HolderKind
  /** The class of what holds: `Map`, `EventEmitter`, `Object`; of a variable or property that is the holder, what is in it. */
  readonly type: string
  /** Null when it could not be found. */
  readonly file: string | null
  readonly line: number | null
  /** What the line shows. See CodePlace. */
  readonly is: CodePlace['is'] | null
  /** What holds the holder: the emitter of a listener, say, by the name of its variable. */
  readonly of: Holder | null
}

export interface Cause {
  /** `Map "clients" (src/chat.ts:12) keeps 1,000 RequestContext alive`. */
  readonly sentence: string
  readonly holder: Holder
  /** How many of the targets are held in this way first. */
  readonly count: number
  /**
   * What would be let go of with what the holder holds: the size of all that can be reached from the roots only through the
   * entries of the holder on these paths, they included. Where it was not computed (only for the causes with the most
   * targets it is), the size of the targets themselves, which is less.
   */
  readonly bytes: number
  readonly bytesAre: 'retained' | 'own'
  /** Of the path, without indices, keys and lines: the same leak in another snapshot has the same. */
  readonly fingerprint: string
  /** One example, from the root to the target. */
  readonly path: readonly Step[]
  /** The node id of the target of the example, as `HeapProfiler.getHeapObjectId` gives it. */
  readonly example: number
}

export interface Causes {
  /** The one with the most targets first. */
  readonly causes: readonly Cause[]
  /** Targets that were found in the snapshot. */
  readonly found: number
  /** Those of them that nothing holds but weak references: they are garbage. */
  readonly unheld: number
  /** Causes beyond `causesMax`, and how many targets they hold. */
  readonly more: { readonly causes: number; readonly count: number }
}

/**
 * A group of objects on one path of which there are more with each round; or one thing that takes more room, with nothing in it
 * that could be counted: numbers, a text, binary data.
 */
export interface Growing {
  /** `Map "clients" (src/chat.ts:12) grows by 100 RequestContext each round`. */
  readonly sentence: string
  /** Of what has come in both rounds and is still there; its `count` and `bytes` are those of both. */
  readonly cause: Cause
  readonly of: 'objects' | 'bytes'
  /** How many there were on this path in each snapshot. */
  readonly counts: readonly [number, number, number]
  readonly perRound: number
  /** With all that only they keep alive, or their own size: see Cause. */
  readonly bytesPerRound: number
}
