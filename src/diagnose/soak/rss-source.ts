/**
 * The resident memory of a process, as Linux counts it. Notices when the process has ended, also when another has its number by
 * now. Holds nothing.
 */
import { readFileSync } from 'node:fs'
import { HoldfastError } from '../../base/errors.ts'
import { processFacts } from '../inspect/process-facts.ts'
import type { MemorySource } from './memory-source.ts'

/** @throws HoldfastError HF_PROCESS_UNFIT when there is no such process, or no /proc */
export function rssSource(pid: number): MemorySource {
  const read = rssReader(pid)
  return {
    name: `process ${pid}`,
    series: [{ name: 'RSS', kind: 'rss', isCollected: false }],
    sample: async () => [read()],
    end: async () => {},
  }
}

/** @throws HoldfastError HF_PROCESS_UNFIT */
export function rssReader(pid: number): () => number {
  const unfit = (seen: string, wanted: string, todo: string) =>
    new HoldfastError('HF_PROCESS_UNFIT', { pid, seen, wanted, todo })
  if (process.platform !== 'linux') {
    const todo = 'run it on Linux, or watch the target by --pprof or --metrics'
    throw unfit(`is on ${process.platform}`, 'Linux, where /proc tells its memory', todo)
  }
  const birth = processFacts(pid)?.birth
  if (birth === undefined) throw unfit('does not exist', 'one that runs', 'look up its number with pgrep -a')
  return () => {
    const rss = rssOf(pid)
    if (rss !== null && processFacts(pid)?.birth === birth) return rss
    throw new HoldfastError('HF_SOAK_FAILED', {
      ...{ seen: `process ${pid} has ended`, wanted: 'it to last as long as the soak' },
      todo: 'look why it ended: its own log, or the OOM killer (dmesg)',
    })
  }
}

function rssOf(pid: number): number | null {
  try {
    const kib = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1]
    return kib === undefined ? null : Number(kib) * 1024
  } catch {
    return null
  }
}
