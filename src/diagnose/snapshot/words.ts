/**
 * The names that V8 and Node give to what they hold, as small numbers: a search looks at millions of edges and compares no
 * text. Pure tables.
 */

const LIST = [
  // Names of edges.
  'map',
  'context',
  'previous',
  'extension',
  'scope_info',
  'table',
  'elements',
  'properties',
  'shared',
  'script',
  'script_or_debug_info',
  'source',
  'first',
  'second',
  'name',
  'code',
  'feedback_cell',
  'prototype',
  'initial_map',
  'native_context',
  'global_object',
  'global_proxy_object',
  '__proto__',
  'constructor',
  '_events',
  '<symbol kEvents>',
  '_onTimeout',
  '_onImmediate',
  '_idleNext',
  '_idlePrev',
  'prev',
  '_prev',
  '_timerArgs',
  '_argv',
  '_repeat',
  'listener',
  'callback',
  'next',
  'weakListener',
  'handler',
  '<symbol kHandlers>',
  '<symbol kResourceStore>',
  '<symbol kAsyncContextFrame>',
  '<symbol owner_symbol>',
  'reactions_or_result',
  'parameters_and_registers',
  'function',
  'bound_this',
  'bound_function',
  'bindings',
  'value',
  'target',
  'exports',
  'children',
  'filename',
  'native_to_javascript',
  'javascript_to_native',
  'buffer',
  'backing_store',
  'stack',
  'mainModule',
  // Names of nodes.
  '(GC roots)',
  '(Stack roots)',
  '(Handle scope)',
  '(Micro tasks)',
  '(Global handles)',
  '(Traced handles)',
  '(Eternal handles)',
  '(Internalized strings)',
  '(External strings)',
  '(Compilation cache)',
  '(Debugger)',
  '(Startup object cache)',
  '(Weak collections)',
  '(Weak roots)',
  '(Retain maps)',
  'system / Context',
  'system / NativeContext',
  'system / PromiseReaction',
  'system / PromiseCapability',
  'system / WeakCell',
  'system / Cell',
  'system / PropertyCell',
  'system / SourceTextModule',
  'system / JSArrayBufferData',
  '(shared function info)',
  'TimersList',
  'Timeout',
  'Immediate',
  'ImmediateList',
  'Map',
  'Set',
  'WeakMap',
  'WeakSet',
  'Array',
  'Object',
  'Promise',
  'Generator',
  'FinalizationRegistry',
  'AsyncContextFrame',
  'Module',
  'ModuleWrap',
  'Listener',
  'ArrayBuffer',
  'process',
] as const

export type Word = (typeof LIST)[number]

/** Of a string that is none of them. */
export const NO_WORD = 0
/** Of the name of an edge that holds the value of a `WeakMap` (see string-table.ts). */
export const EPHEMERON = 255

/** By word; from 1 to 254. */
export const WORDS = Object.fromEntries(LIST.map((word, index) => [word, index + 1])) as Record<Word, number>

/** The edge from an object to its prototype. */
export const PROTOTYPE = LIST.indexOf('__proto__') + 1

/** Of the bytes of a string between its quotes, one after the other, beginning with 0. */
export function hashOf(hash: number, byte: number): number {
  return (Math.imul(hash, 31) + byte) | 0
}

/** By the hash of its bytes. No two have the same (a test looks). */
export const WORD_BY_HASH: ReadonlyMap<number, Word> = new Map(
  LIST.map((word) => [[...Buffer.from(word)].reduce(hashOf, 0), word]),
)

/** What a node is: an index into this list, which is V8's without the types nobody asks about. */
const NODE_TYPES = [
  'hidden',
  'array',
  'string',
  'object',
  'code',
  'closure',
  'regexp',
  'number',
  'native',
  'synthetic',
  'concatenated string',
  'sliced string',
  'symbol',
  'bigint',
  'object shape',
] as const

const EDGE_TYPES = ['context', 'element', 'property', 'internal', 'hidden', 'shortcut', 'weak'] as const

export type NodeType = (typeof NODE_TYPES)[number]
export type EdgeType = (typeof EDGE_TYPES)[number]

export const NODE = Object.fromEntries(NODE_TYPES.map((name, index) => [name, index])) as Record<NodeType, number>
export const EDGE = Object.fromEntries(EDGE_TYPES.map((name, index) => [name, index])) as Record<EdgeType, number>

/** From the types as this snapshot counts them to ours. What a later V8 adds is internal to it. */
export const nodeTypes = (names: readonly string[]): Uint8Array =>
  Uint8Array.from(names, (name) => NODE[name as NodeType] ?? NODE.hidden)

export const edgeTypes = (names: readonly string[]): Uint8Array =>
  Uint8Array.from(names, (name) => EDGE[name as EdgeType] ?? EDGE.hidden)
