/**
 * The memory of another process as the kernel counts it (Linux). Functions over /proc; nothing to end.
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

function field(pid: number, name: string): number {
  const found = new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'))
  if (found === null) throw new Error(`/proc/${pid}/status has no ${name}`)
  return Number(found[1]) * 1024
}
