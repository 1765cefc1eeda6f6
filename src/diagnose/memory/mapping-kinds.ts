/**
 * Whose a mapping is. No mapping says so, but its flags, its place and its neighbours do; each rule is written at its kind, and
 * was looked at on Node 20, 24 and 26 with glibc. Pure; nothing to end.
 */
import type { Mapping } from './mappings.ts'

const MIB = 1024 * 1024
const GIB = 1024 * MIB

/**
 * - `objects`: V8's heap pages
 * - `tables`: V8's own tables and what it only reads: in use, and in no statistic of it
 * - `code`: what V8 has compiled, ready to run
 * - `wasm`: memory of WebAssembly
 * - `malloc`: what malloc has taken for small pieces
 * - `large`: memory of its own for one large piece of malloc, or of somebody unknown
 * - `stack`: of a thread
 * - `file`: the program, its libraries, what it maps and shares, the variables of libraries
 */
export type MappingKind = 'objects' | 'tables' | 'code' | 'wasm' | 'malloc' | 'large' | 'stack' | 'file'

export interface KindTotal {
  readonly rssBytes: number
  /** With what was asked for and never touched. */
  readonly sizeBytes: number
}

export interface KindTotals extends Readonly<Record<MappingKind, KindTotal>> {
  /** Is there a stack as threads of `node:worker_threads` have? glibc keeps it for a while when the thread has ended. */
  readonly hasWorkerStack: boolean
}

/** glibc aligns each part of an arena to its greatest size, so that it finds the arena from a pointer into it. */
const ARENA_BYTES = 64 * MIB
const GUARD_BYTES_MAX = 64 * 1024
/** A stack is 8 MiB unless the limit of the process says another; old kernels join it with what lies above. */
const STACK_BYTES_MAX = 16 * MIB
/** Node gives its workers this much on Linux, whatever the limit is. */
const WORKER_STACK_BYTES = 4 * MIB
/** Variables of a program that begin as zero lie behind its file. */
const VARIABLES_BYTES_MAX = 4 * MIB
/** V8 keeps so much address space free behind memory of WebAssembly that no index leaves it, at least. */
const WASM_GUARD_BYTES = GIB
const TABLE_RESERVED_BYTES = 64 * MIB
/** Those take pieces of any size from mappings without a name, so that all of these are theirs. */
const OTHER_MALLOC = /\/(ld-musl-|libjemalloc|libtcmalloc|libmimalloc)/

export function kindTotals(mappings: readonly Mapping[]): KindTotals {
  const rss = new Map<MappingKind, number>()
  const size = new Map<MappingKind, number>()
  const hasOtherMalloc = mappings.some(({ name }) => OTHER_MALLOC.test(name))
  let hasWorkerStack = false
  mappings.forEach((mapping, at) => {
    let kind = kindOf(mapping, mappings[at - 1], mappings[at + 1])
    if (kind === 'large' && hasOtherMalloc) kind = 'malloc'
    if (kind === 'stack' && sizeOf(mapping) === WORKER_STACK_BYTES) hasWorkerStack = true
    rss.set(kind, (rss.get(kind) ?? 0) + mapping.rssBytes)
    // What nobody may touch is kept free, and nobody's.
    if (!isReserved(mapping)) size.set(kind, (size.get(kind) ?? 0) + sizeOf(mapping))
  })
  const totalOf = (kind: MappingKind): KindTotal => ({ rssBytes: rss.get(kind) ?? 0, sizeBytes: size.get(kind) ?? 0 })
  return {
    objects: totalOf('objects'),
    tables: totalOf('tables'),
    code: totalOf('code'),
    wasm: totalOf('wasm'),
    malloc: totalOf('malloc'),
    large: totalOf('large'),
    stack: totalOf('stack'),
    file: totalOf('file'),
    hasWorkerStack,
  }
}

export function kindOf(mapping: Mapping, before?: Mapping, behind?: Mapping): MappingKind {
  if (mapping.isFile) return 'file'
  if (mapping.isNotForked) return kindOfV8(mapping, behind)
  if (mapping.name === '[heap]') return 'malloc'
  if (mapping.name.startsWith('[stack')) return 'stack'
  const size = sizeOf(mapping)
  // Before the stacks: what is left free of an arena that is nearly full looks like the guard of one.
  if (mapping.start % ARENA_BYTES === 0 && size <= ARENA_BYTES) return 'malloc'
  if (before?.end === mapping.start) {
    const isGuarded = isReserved(before) && !before.isNotForked && sizeOf(before) <= GUARD_BYTES_MAX
    if (isGuarded && size <= STACK_BYTES_MAX) return 'stack'
    if (before.isFile && before.rights === 'rw-p' && mapping.rights === 'rw-p' && size <= VARIABLES_BYTES_MAX) {
      return 'file'
    }
  }
  return 'large'
}

function kindOfV8(mapping: Mapping, behind: Mapping | undefined): MappingKind {
  if (mapping.rights.includes('x')) return 'code'
  if (!mapping.rights.includes('w')) return 'tables'
  const reserved =
    behind?.start === mapping.end && behind.isNotForked && isReserved(behind) ? behind.end - behind.start : 0
  if (reserved >= WASM_GUARD_BYTES) return 'wasm'
  return reserved >= TABLE_RESERVED_BYTES ? 'tables' : 'objects'
}

function isReserved({ rights }: Mapping): boolean {
  return rights.startsWith('---')
}

function sizeOf({ start, end }: Mapping): number {
  return end - start
}
