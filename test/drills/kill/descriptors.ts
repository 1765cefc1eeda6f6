/**
 * Who has which socket, as the kernel tells it: of each client connection the processes that hold the other end. Linux.
 * Functions over /proc; nothing to end.
 */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'

/** Inodes of the sockets at `serverPort`, by the port of the client; 0 for those that no process holds. */
export function inodesByClient(serverPort: number): Map<number, string> {
  const inodes = new Map<number, string>()
  for (const line of readFileSync('/proc/net/tcp', 'utf8').split('\n').slice(1)) {
    const [, local = '', remote = '', state, , , , , , inode = ''] = line.trim().split(/\s+/)
    // 0A: listening.
    if (portOf(local) === serverPort && state !== '0A') inodes.set(portOf(remote), inode)
  }
  return inodes
}

function portOf(address: string): number {
  return Number.parseInt(address.slice(address.indexOf(':') + 1), 16)
}

/** What the descriptors of a process lead to; empty when it is gone. */
export function descriptorsOf(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
      try {
        return [readlinkSync(`/proc/${pid}/fd/${fd}`)]
      } catch {
        return []
      }
    })
  } catch {
    return []
  }
}

/** How many of these processes hold each socket inode. */
export function holders(pids: readonly number[]): Map<string, number> {
  const counts = new Map<string, number>()
  for (const pid of pids) {
    for (const inode of new Set(descriptorsOf(pid).map((link) => /^socket:\[(\d+)\]$/.exec(link)?.[1] ?? ''))) {
      counts.set(inode, (counts.get(inode) ?? 0) + 1)
    }
  }
  counts.delete('')
  return counts
}

/** Processes whose parent that is, those that wait to be buried included. */
export function childrenOf(pid: number): { readonly pid: number; readonly state: string }[] {
  return readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name)) return []
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8')
      const [state = '', parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
      return Number(parent) === pid ? [{ pid: Number(name), state }] : []
    } catch {
      return []
    }
  })
}
