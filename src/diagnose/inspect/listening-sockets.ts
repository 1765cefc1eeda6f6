/** Where a process listens, with the address at which it is reached from here. Functions over /proc; nothing to end. */
import { readFileSync } from 'node:fs'
import { endianness } from 'node:os'
import { listeningPorts } from './process-facts.ts'

export interface ListeningSocket {
  readonly inode: string
  readonly port: number
  /** An address to connect to, without brackets. */
  readonly host: string
  /** Is that address of this machine only? */
  readonly isLoopback: boolean
}

export function listeningSockets(pid: number, root = '/proc'): ListeningSocket[] {
  const ports = listeningPorts(pid, root)
  if (ports.size === 0) return []
  const lines = ['tcp', 'tcp6'].flatMap((table) => linesOf(`${root}/${pid}/net/${table}`))
  return lines.flatMap((line) => {
    // sl local_address rem_address st tx_queue:rx_queue tr:tm->when retrnsmt uid timeout inode …
    const [, local = '', , , , , , , , inode = ''] = line.trim().split(/\s+/)
    const port = ports.get(inode)
    if (port === undefined) return []
    const host = hostOf(local.slice(0, local.indexOf(':')))
    return [{ inode, port, host, isLoopback: host.startsWith('127.') || host === '::1' }]
  })
}

/** Of an address as the kernel writes it, in words of its own byte order. All addresses: that of this machine. */
export function hostOf(hex: string, order: 'LE' | 'BE' = endianness()): string {
  const bytes = Buffer.from(hex, 'hex')
  if (order === 'LE') bytes.swap32()
  const isMapped = bytes.length === 16 && bytes.readUInt32BE(8) === 0xffff && bytes.readBigUInt64BE(0) === 0n
  if (bytes.length === 4 || isMapped) {
    const host = [...bytes.subarray(-4)].join('.')
    return host === '0.0.0.0' ? '127.0.0.1' : host
  }
  const rest = bytes.subarray(0, 15)
  if (rest.every((byte) => byte === 0) && (bytes[15] ?? 0) <= 1) return '::1'
  return (bytes.toString('hex').match(/.{4}/g) ?? []).join(':')
}

function linesOf(path: string): string[] {
  try {
    return readFileSync(path, 'latin1').split('\n')
  } catch {
    return []
  }
}
