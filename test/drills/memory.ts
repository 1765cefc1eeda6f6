/**
 * The memory of another process, and its time, as the kernel counts them (Linux). Functions over /proc; nothing to end.
 */
import { readFileSync, writeFileSync } from 'node:fs'

/** Resident memory in bytes. */
export function rssOf(pid: number): number {
  return field(pid, 'VmRSS')
}

/** The most it has had since the last `forgetPeak()`, in bytes. */
export function peakOf(pid: number): number {
  return field(pid, 'VmHWM')
}

export function forgetPeak(pid: number): void {
  writeFileSync(`/proc/${pid}/clear_refs`, '5')
}

const TICK_MS = 10

/** What it has had of the processors; 0 when it is not there. */
export function cpuMsOf(pid: number): number {
  try {
    const [user = 0, system = 0] =
      readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ').slice(11, 13).map(Number) ?? []
    return (user + system) * TICK_MS
  } catch {
    return 0
  }
}

function field(pid: number, name: string): number {
  const found = new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'))
  if (found === null) throw new Error(`/proc/${pid}/status has no ${name}`)
  return Number(found[1]) * 1024
}
