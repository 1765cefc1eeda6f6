// The machine a run is made on: what the results name, and what the harness needs to know to pin and to open many sockets.
// Reads /proc and git; changes nothing.
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { cpus, release, totalmem } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const BENCH = dirname(fileURLToPath(import.meta.url))
export const ROOT = join(BENCH, '..')

/** The first line a program prints, or null when it cannot be run. Arguments are a list: no shell takes part. */
export function lineOf(command, args, options = {}) {
  try {
    const out = execFileSync(command, args, {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      timeout: 10_000,
      ...options,
    })
    return out.split('\n')[0].trim()
  } catch {
    return null
  }
}

/** The cores this process may run on, from /proc; one unnamed core where there is no /proc. */
export function coresAllowed() {
  try {
    const list = /^Cpus_allowed_list:\s*(\S+)/m.exec(readFileSync('/proc/self/status', 'utf8'))[1]
    return list.split(',').flatMap((part) => {
      const [first, last = first] = part.split('-').map(Number)
      return Array.from({ length: last - first + 1 }, (_, index) => first + index)
    })
  } catch {
    return [0]
  }
}

/** Open files this process may have: the soft and the hard limit. */
export function fileLimits() {
  try {
    const found = /^Max open files\s+(\S+)\s+(\S+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))
    const [soft, hard] = found
      .slice(1, 3)
      .map((word) => (word === 'unlimited' ? Number.POSITIVE_INFINITY : Number(word)))
    return { soft, hard }
  } catch {
    return { soft: 1024, hard: 1024 }
  }
}

/** Where the results come from, for the head of the table and the JSON. */
export function describeMachine() {
  const commit = lineOf('git', ['rev-parse', 'HEAD'], { cwd: ROOT })
  const changed = lineOf('git', ['status', '--porcelain', '--untracked-files=no'], { cwd: ROOT })
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: coresAllowed().length,
    memoryBytes: totalmem(),
    kernel: release(),
    commit,
    commitIsClean: commit === null ? null : changed === '',
  }
}
