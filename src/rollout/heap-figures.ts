/**
 * How full the heap of this process is, as far as running out of memory goes: what is not young, against how much of that
 * there may be. Functions; nothing to end.
 */
import { getHeapSpaceStatistics, getHeapStatistics } from 'node:v8'

export interface HeapFigures {
  readonly heapUsedBytes: number
  readonly heapLimitBytes: number
  /** Used of the heap, without what is young. */
  readonly oldBytes: number
  /** How much of that there may be. */
  readonly oldLimitBytes: number
}

const MIB = 2 ** 20

/** @param nodeOptions those this process was started with, in one line */
export function heapFigures(nodeOptions: string): HeapFigures {
  const { used_heap_size: heapUsedBytes, heap_size_limit: heapLimitBytes } = getHeapStatistics()
  let youngBytes = 0
  for (const { space_name, space_used_size } of getHeapSpaceStatistics()) {
    if (space_name.startsWith('new_')) youngBytes += space_used_size
  }
  const oldLimitBytes = oldLimitOf(nodeOptions, heapLimitBytes)
  return { heapUsedBytes, heapLimitBytes, oldBytes: heapUsedBytes - youngBytes, oldLimitBytes }
}

/**
 * V8 says only the limit of young and old together, and young may be 48 to 192 MiB, by version and option. Beside a limit that
 * is given that is much; beside the default it is little.
 */
export function oldLimitOf(nodeOptions: string, heapLimitBytes: number): number {
  const given = [...nodeOptions.matchAll(/--max[-_]old[-_]space[-_]size[= ](\d+)(?=\s|$)/g)].at(-1)?.[1]
  return given === undefined ? heapLimitBytes * 0.95 : Math.min(Number(given) * MIB, heapLimitBytes)
}
