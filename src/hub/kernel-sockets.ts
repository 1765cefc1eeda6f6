/**
 * Reads what Linux says about sockets: the tables under /proc/net. Pure functions over text; nothing to end.
 */

/** States of TCP by the number the kernel writes (include/net/tcp_states.h). */
const STATES: Readonly<Record<string, string>> = {
  '01': 'ESTABLISHED',
  '02': 'SYN_SENT',
  '03': 'SYN_RECV',
  '04': 'FIN_WAIT1',
  '05': 'FIN_WAIT2',
  '06': 'TIME_WAIT',
  '07': 'CLOSE',
  '08': 'CLOSE_WAIT',
  '09': 'LAST_ACK',
  '0A': 'LISTEN',
  '0B': 'CLOSING',
  '0C': 'NEW_SYN_RECV',
}

/** One socket of a table. */
export interface KernelSocket {
  /** Tells which descriptor it is; "0" when no process has one. */
  readonly inode: string
  readonly localPort: number
  /** Such as `ESTABLISHED` or `CLOSE_WAIT`; `state 0F` for one this library does not know. */
  readonly state: string
}

/** The sockets of /proc/net/tcp or /proc/net/tcp6. What is no line of a socket is left out. */
export function parseTcpTable(text: string): KernelSocket[] {
  const sockets: KernelSocket[] = []
  for (const line of text.split('\n')) {
    // sl local_address rem_address st tx_queue:rx_queue tr:tm->when retrnsmt uid timeout inode …
    const [slot = '', local = '', , state = '', , , , , , inode = ''] = line.trim().split(/\s+/)
    const port = Number.parseInt(local.slice(local.lastIndexOf(':') + 1), 16)
    if (!/^\d+:$/.test(slot) || !/^\d+$/.test(inode) || Number.isNaN(port)) continue
    sockets.push({ inode, localPort: port, state: STATES[state.toUpperCase()] ?? `state ${state}` })
  }
  return sockets
}

/** The inodes of /proc/net/unix. */
export function parseUnixTable(text: string): string[] {
  // Num RefCount Protocol Flags Type St Inode Path
  return text.split('\n').flatMap((line) => /^\w+: \w+ \w+ \w+ \w+ \w+ +(\d+)/.exec(line)?.[1] ?? [])
}

/** The inode of a socket from the link of its descriptor, `socket:[123]`; null for another kind of file. */
export function socketInode(link: string): string | null {
  return link.startsWith('socket:[') && link.endsWith(']') ? link.slice(8, -1) : null
}
