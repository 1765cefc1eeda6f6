/**
 * Reads where the memory of this process is: from /proc/self/smaps and V8 on Linux, from Node's own numbers elsewhere.
 *
 * The kernel makes the text as it is read, 4 KiB at a time, on a thread of the pool: the event loop goes on meanwhile, and gets
 * some microseconds of parsing with each piece. RSS here is the sum of what the mappings have; /proc/self/statm, where
 * `process.memoryUsage()` has it from, is read at another moment, and counted per processor, so it may differ by some hundred KiB.
 *
 * With 15,000 connections (600 to 900 mappings, 0.5 MB of text) a reading is done in 16 to 45 ms, and in some 150 pieces of that the
 * thread of the event loop works for 6 to 15 ms. It grows with the heap: with 500 MB of objects (1,800 mappings) 50 and 15 ms.
 *
 * A function: what it opens it closes, and nothing stays.
 */
import { open, readFile } from 'node:fs/promises'
import { accountsOf, coarseAccountsOf, type MemoryAccounts, rssOf } from './accounts.ts'
import { kindTotals } from './mapping-kinds.ts'
import { type Mappings, MappingsParser } from './mappings.ts'
import type { MemoryRow } from './memory-row.ts'
import { type HeapSpace, type V8Figures, v8Figures } from './v8-figures.ts'
import { memoryVerdict } from './verdict.ts'

export interface MemoryReport {
  /** `process`: there is no /proc as Linux has it, and only `heap` and the accounts of V8 are more than a guess. */
  readonly source: 'proc' | 'process'
  /** What the accounts add up to. */
  readonly rssBytes: number
  readonly accounts: MemoryAccounts
  /** Of Buffers and the like, touched or not; most of what `external` has. */
  readonly arrayBuffersBytes: number
  /** Are there, or were there, threads of `node:worker_threads`? Their heaps are in `v8Free`, their Buffers `unexplained`. */
  readonly hasHadWorkers: boolean
  readonly heap: { readonly limitBytes: number; readonly spaces: readonly HeapSpace[] }
  /** Memory of the kernel, which is in no RSS: what TCP has in buffers, of all processes of the machine together. */
  readonly kernel: { readonly tcpBytesOfMachine: number } | null
  /** What stands out, in a sentence. */
  readonly verdict: string
}

/** Where the numbers come from. */
export interface MemorySurroundings {
  /** The text of /proc/self/smaps, in pieces. */
  smaps(): AsyncIterable<string>
  /** The text of /proc/self/net/sockstat. */
  sockstat(): Promise<string>
  figures(): V8Figures
}

const PIECE_BYTES = 16 * 1024

export const ownSurroundings: MemorySurroundings = {
  smaps: () => piecesOf('/proc/self/smaps'),
  sockstat: () => readFile('/proc/self/net/sockstat', 'latin1'),
  figures: v8Figures,
}

/** @param history rows of the last hour, oldest first, for the verdict */
export async function readMemory(
  history: readonly MemoryRow[] = [],
  surroundings: MemorySurroundings = ownSurroundings,
): Promise<MemoryReport> {
  const sockstat = await surroundings.sockstat().catch(() => '')
  const mappings = await mappingsOf(surroundings.smaps())
  // As soon as the last piece has come, so that both speak of nearly the same moment.
  const figures = surroundings.figures()
  const totals = mappings === null ? null : kindTotals(mappings.all)
  const accounts = totals === null ? coarseAccountsOf(figures) : accountsOf(totals, figures)
  const report = {
    source: totals === null ? ('process' as const) : ('proc' as const),
    rssBytes: rssOf(accounts),
    accounts,
    arrayBuffersBytes: figures.arrayBuffersBytes,
    hasHadWorkers: totals?.hasWorkerStack ?? false,
    heap: { limitBytes: figures.heapLimitBytes, spaces: figures.spaces },
    kernel: tcpMemoryIn(sockstat, mappings?.pageBytes ?? null),
  }
  return { ...report, verdict: memoryVerdict(report, history) }
}

/** Null when there is no such file, or not all of it is understood. */
async function mappingsOf(pieces: AsyncIterable<string>): Promise<Mappings | null> {
  const parser = new MappingsParser()
  try {
    for await (const piece of pieces) parser.write(piece)
  } catch {
    return null
  }
  return parser.end()
}

async function* piecesOf(path: string): AsyncGenerator<string> {
  const file = await open(path, 'r')
  try {
    // One piece of memory for all: readFile would take 64 KiB for each 4 that the kernel gives.
    const bytes = Buffer.allocUnsafeSlow(PIECE_BYTES)
    for (;;) {
      const { bytesRead } = await file.read(bytes, 0, PIECE_BYTES, null)
      if (bytesRead === 0) return
      yield bytes.toString('latin1', 0, bytesRead)
    }
  } finally {
    await file.close()
  }
}

/** The kernel counts it in pages, for the machine: no file says how much is of one process. */
export function tcpMemoryIn(sockstat: string, pageBytes: number | null): { tcpBytesOfMachine: number } | null {
  const pages = /^TCP: .*\bmem (\d+)$/m.exec(sockstat)?.[1]
  return pages === undefined || pageBytes === null ? null : { tcpBytesOfMachine: Number(pages) * pageBytes }
}
