/** Which process a pid means: pids come again, on a busy machine within minutes, so whoever ends one later has to know whose it is. */
import { existsSync, readFileSync } from 'node:fs'

const PROC = existsSync('/proc/self/stat')

/** When it began, as the kernel counts; null when there is no such process. Without /proc the pid has to do. */
export function birthOf(pid: number): string | null {
  try {
    if (!PROC) return process.kill(pid, 0) ? 'unknown' : null
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // Behind the name, which may hold anything, the twentieth.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null
  } catch {
    return null
  }
}
