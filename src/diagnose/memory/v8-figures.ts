/**
 * What V8 and Node say about the memory of this process, in one look. A function, about 0.1 ms; nothing to end.
 */
import * as v8 from 'node:v8'

export interface HeapSpace {
  readonly name: string
  /** Objects, with those that are dead and not collected yet. */
  readonly usedBytes: number
  readonly sizeBytes: number
}

export interface V8Figures {
  readonly rssBytes: number
  readonly heapTotalBytes: number
  readonly heapLimitBytes: number
  readonly spaces: readonly HeapSpace[]
  /** Objects of C++ that V8 collects with its own: in pages of V8, in no space. 0 where Node has no such number. */
  readonly cppUsedBytes: number
  /** Memory outside the heap that objects hold on to, `arrayBuffersBytes` included. */
  readonly externalBytes: number
  readonly arrayBuffersBytes: number
}

/** Since Node 22; the types here are of Node 20. */
const cppHeapStatistics = (v8 as { getCppHeapStatistics?: (detail: 'brief') => { used_size_bytes: number } })
  .getCppHeapStatistics

export function v8Figures(): V8Figures {
  const { rss, heapTotal, external, arrayBuffers } = process.memoryUsage()
  return {
    rssBytes: rss,
    heapTotalBytes: heapTotal,
    heapLimitBytes: v8.getHeapStatistics().heap_size_limit,
    spaces: v8.getHeapSpaceStatistics().map(({ space_name, space_used_size, space_size }) => ({
      name: space_name,
      usedBytes: space_used_size,
      sizeBytes: space_size,
    })),
    cppUsedBytes: cppHeapStatistics?.('brief').used_size_bytes ?? 0,
    externalBytes: external,
    arrayBuffersBytes: arrayBuffers,
  }
}
