/**
 * How much memory the process can still get: the smaller of what its heap may grow by and what its machine or container has.
 * Reads a few files of /proc and /sys, about 0.1 ms: to be asked now and then. Holds nothing.
 */
import { readFileSync } from 'node:fs'
import { getHeapStatistics } from 'node:v8'

/** Below this the page cache is looked at. */
const SCARCE_BYTES = 1024 ** 3

export function memoryLeftBytes(): number {
  const heap = getHeapStatistics().total_available_size
  // Elsewhere it counts only pages that nobody uses for anything, which are few on a healthy machine. Old Nodes have it not.
  if (process.platform !== 'linux' || typeof process.availableMemory !== 'function') return heap
  let machine = process.availableMemory()
  // A container's own files count as used there, although the kernel gives their pages up when memory is wanted.
  if (machine < SCARCE_BYTES) machine += pageCacheBytes()
  return Math.min(heap, machine)
}

/** What files take in the memory of our container; 0 when there is none with a limit. */
function pageCacheBytes(): number {
  const { constrainedMemory } = process
  if (typeof constrainedMemory !== 'function' || !(constrainedMemory.call(process) > 0)) return 0
  for (const path of statPaths()) {
    const bytes = readStat(path)
    if (bytes !== null) return bytes
  }
  return 0
}

/** Where memory.stat of our control group can be: version 2, then version 1. */
function statPaths(): string[] {
  const text = read('/proc/self/cgroup') ?? ''
  const unified = /^0::(.*)$/m.exec(text)?.[1] ?? '/'
  const memory = /^\d+:(?:[^:]*,)?memory(?:,[^:]*)?:(.*)$/m.exec(text)?.[1] ?? '/'
  const v2 = ['', ...(unified === '/' ? [] : [unified])].map((group) => `/sys/fs/cgroup${group}/memory.stat`)
  return [...v2.reverse(), `/sys/fs/cgroup/memory${memory}/memory.stat`, '/sys/fs/cgroup/memory/memory.stat']
}

function readStat(path: string): number | null {
  const text = read(path)
  return text === null ? null : fileBytesOf(text)
}

/** The pages of files in a memory.stat, in bytes. Those written to and not yet on disk are left out. */
export function fileBytesOf(memoryStat: string): number {
  let bytes = 0
  for (const [, name, value] of memoryStat.matchAll(/^(active_file|inactive_file|file_dirty|dirty) (\d+)$/gm)) {
    bytes += name === 'active_file' || name === 'inactive_file' ? Number(value) : -Number(value)
  }
  return Math.max(0, bytes)
}

function read(path: string): string | null {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    return null
  }
}
