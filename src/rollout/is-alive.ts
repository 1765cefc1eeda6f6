/**
 * Is there a process with this id that could still use its sockets? One that has ended, and whose parent has not noticed yet,
 * could not: its descriptors are closed. A function; nothing to end.
 */
import { readFileSync } from 'node:fs'

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
  } catch (thrown) {
    return (thrown as NodeJS.ErrnoException).code !== 'ESRCH'
  }
  return !hasEnded(pid)
}

/** Linux: a zombie, or even less. Elsewhere nobody can tell, and its parent is soon. */
function hasEnded(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    // The name before it may have anything in it.
    return /^\) [ZXx]/.test(stat.slice(stat.lastIndexOf(')')))
  } catch {
    return false
  }
}
