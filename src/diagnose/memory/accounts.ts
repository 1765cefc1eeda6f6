/**
 * Splits the resident memory of a process into accounts that add up to it exactly: every byte the kernel counts is in one of
 * them. What V8 and Node say decides only how the memory of V8 and of malloc is divided, and never counts more than lies there.
 * Pure; nothing to end.
 */
import type { KindTotals } from './mapping-kinds.ts'
import type { V8Figures } from './v8-figures.ts'

/** In bytes, of what is resident. */
export interface MemoryAccounts {
  /** JavaScript objects, with those that are dead and not collected yet, and V8's own tables. */
  readonly v8Used: number
  /**
   * Memory of V8 in which no object lies: empty pages that it keeps, gaps between objects, the heads of pages. The heaps of
   * worker threads are here too, because V8 tells each thread only its own.
   */
  readonly v8Free: number
  /** What V8 has compiled. The program itself, with what V8 brings along compiled, is in `files`. */
  readonly code: number
  /** Buffers and other memory outside the heap that JavaScript objects hold on to, memory of WebAssembly included. */
  readonly external: number
  /** The rest of what malloc has taken: sockets of libuv, zlib, TLS, what V8 notes about its heap, and what malloc keeps. */
  readonly nativeHeap: number
  /** Program, libraries and their variables, mapped and shared files. Most of it is given up when memory is wanted. */
  readonly files: number
  readonly stacks: number
  /** What is left. */
  readonly unexplained: number
}

export function rssOf(accounts: MemoryAccounts): number {
  return Object.values(accounts).reduce((sum: number, bytes: number) => sum + bytes, 0)
}

/** On Node 20, 24 and 26 a process with `node:http` has 2.0 to 2.5 MB of them. */
const OWN_SOURCES_BYTES = 2_000_000

/** From what the kernel counts. */
export function accountsOf(totals: KindTotals, figures: V8Figures): MemoryAccounts {
  const { objects, tables, code, wasm, malloc, large, stack, file } = totals
  const used = Math.min(objects.rssBytes, usedBytes(figures) + figures.cppUsedBytes)
  const outside = bufferBytes(figures, wasm.sizeBytes)
  // Large buffers have mappings of their own, and one that was never touched is not resident; small ones lie with the others.
  const inLarge = Math.min(outside, large.sizeBytes)
  const largeBytes = Math.min(large.rssBytes, inLarge)
  const smallBytes = Math.min(malloc.rssBytes, outside - inLarge)
  return {
    v8Used: used + tables.rssBytes,
    v8Free: objects.rssBytes - used,
    code: code.rssBytes,
    external: wasm.rssBytes + largeBytes + smallBytes,
    nativeHeap: malloc.rssBytes - smallBytes,
    files: file.rssBytes,
    stacks: stack.rssBytes,
    unexplained: large.rssBytes - largeBytes,
  }
}

/** From what Node says alone, where the kernel does not tell: program, libraries, stacks and malloc are then `unexplained`. */
export function coarseAccountsOf(figures: V8Figures): MemoryAccounts {
  let left = figures.rssBytes
  const take = (bytes: number): number => {
    const taken = Math.max(0, Math.min(left, bytes))
    left -= taken
    return taken
  }
  const [v8Used, code] = [take(usedBytes(figures)), take(codeBytes(figures))]
  const v8Free = take(figures.heapTotalBytes - v8Used - code)
  const external = take(figures.externalBytes)
  return { v8Used, v8Free, code, external, nativeHeap: 0, files: 0, stacks: 0, unexplained: left }
}

function isCode(name: string): boolean {
  return name.startsWith('code_')
}

/** Objects without compiled code, which has an account of its own. */
export function usedBytes({ spaces }: V8Figures): number {
  return spaces.reduce((sum, { name, usedBytes }) => sum + (isCode(name) ? 0 : usedBytes), 0)
}

function codeBytes({ spaces }: V8Figures): number {
  return spaces.reduce((sum, { name, sizeBytes }) => sum + (isCode(name) ? sizeBytes : 0), 0)
}

/**
 * What of `external` lies in memory of malloc. Not the text of Node's own modules, which lies in the program. And not memory
 * of WebAssembly, which Node 20 and 24 count in there and Node 26 does not.
 */
function bufferBytes({ externalBytes, arrayBuffersBytes }: V8Figures, wasmBytes: number): number {
  const other = Math.max(0, externalBytes - arrayBuffersBytes)
  const notOfWasm = other >= wasmBytes ? other - wasmBytes : other
  return arrayBuffersBytes + Math.max(0, notOfWasm - OWN_SOURCES_BYTES)
}
