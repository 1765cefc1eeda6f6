/**
 * What Linux says about another process: whose it is, what it runs, which signals it catches, what it listens on. Functions over
 * /proc; nothing to end.
 */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { basename } from 'node:path'
import { parseTcpTable, socketInode } from '../../hub/kernel-sockets.ts'

export interface ProcessFacts {
  readonly pid: number
  /** The process it belongs to, when it is only one of its threads. */
  readonly threadOf: number | null
  /** The process that has started it. */
  readonly parent: number
  /** `R`, `S`, `T` for stopped, `Z` for one that has ended. */
  readonly state: string
  readonly uid: number
  /** The path of its program; the empty string when it cannot be read. */
  readonly program: string
  /** Bit n - 1 for signal n. */
  readonly caught: bigint
  /** When it began, in ticks of the kernel: two processes with the same pid differ in it. */
  readonly birth: string
  readonly args: readonly string[]
  /** NODE_OPTIONS of its environment. */
  readonly nodeOptions: string
  /** Was it started by node:cluster? */
  readonly isClusterWorker: boolean
  /** Whose sockets it can reach; the empty string when it cannot be read. */
  readonly network: string
}

/** Null when there is no such process. */
export function processFacts(pid: number, root = '/proc'): ProcessFacts | null {
  const status = textOf(`${root}/${pid}/status`)
  if (status === null) return null
  const field = (name: string): string => new RegExp(`^${name}:\\s+(\\S+)`, 'm').exec(status)?.[1] ?? ''
  const group = Number(field('Tgid'))
  const environment = (textOf(`${root}/${pid}/environ`) ?? '').split('\0')
  return {
    pid,
    threadOf: group === pid ? null : group,
    parent: Number(field('PPid')),
    state: field('State'),
    uid: Number(field('Uid')),
    program: linkOf(`${root}/${pid}/exe`).replace(/ \(deleted\)$/, ''),
    caught: BigInt(`0x${field('SigCgt') || '0'}`),
    birth: birthOf(textOf(`${root}/${pid}/stat`) ?? ''),
    args: (textOf(`${root}/${pid}/cmdline`) ?? '').split('\0').slice(0, -1),
    nodeOptions: environment.find((line) => line.startsWith('NODE_OPTIONS='))?.slice('NODE_OPTIONS='.length) ?? '',
    isClusterWorker: environment.some((line) => line.startsWith('NODE_UNIQUE_ID=')),
    network: linkOf(`${root}/${pid}/ns/net`),
  }
}

/** Does it still run? Its number may have gone to another process. */
export function isStill({ pid, birth }: ProcessFacts): boolean {
  const now = processFacts(pid)
  return now !== null && now.birth === birth && now.state !== 'Z'
}

/** Is the program Node's, by its name: `node`, `nodejs`, `node-24`? */
export function isNode({ program }: ProcessFacts): boolean {
  return /^node(js)?([-.]?\d[\d.]*)?(\.exe)?$/.test(basename(program))
}

export function catches({ caught }: ProcessFacts, signal: number): boolean {
  return (caught & (1n << BigInt(signal - 1))) !== 0n
}

/** The ports that the process itself listens on, by the inode of the socket. */
export function listeningPorts(pid: number, root = '/proc'): Map<string, number> {
  const own = new Set(socketsOf(pid, root))
  const ports = new Map<string, number>()
  for (const { inode, localPort } of listeners(pid, root)) if (own.has(inode)) ports.set(inode, localPort)
  return ports
}

/** The sockets that listen on that port, in the network of this process, by their inodes. */
export function listeningSockets(port: number, root = '/proc'): Set<string> {
  return new Set(listeners('self', root).flatMap(({ inode, localPort }) => (localPort === port ? [inode] : [])))
}

/** The inodes of all its sockets; none, where its descriptors may not be seen. */
export function socketsOf(pid: number, root = '/proc'): string[] {
  return namesIn(`${root}/${pid}/fd`).flatMap((name) => socketInode(linkOf(`${root}/${pid}/fd/${name}`)) ?? [])
}

/** May its descriptors be seen? Those of somebody else's process may not. */
export function seesFiles(pid: number, root = '/proc'): boolean {
  return namesIn(`${root}/${pid}/fd`).length > 0
}

/** Does anybody in its network listen on that port? */
export function isPortTaken(pid: number, port: number, root = '/proc'): boolean {
  return listeners(pid, root).some(({ localPort }) => localPort === port)
}

function listeners(pid: number | 'self', root: string) {
  return ['tcp', 'tcp6']
    .flatMap((table) => parseTcpTable(textOf(`${root}/${pid}/net/${table}`) ?? ''))
    .filter(({ state }) => state === 'LISTEN')
}

/** The 22nd field; the name in the second may have anything in it. */
function birthOf(stat: string): string {
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? ''
}

function textOf(path: string): string | null {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    return null
  }
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path)
  } catch {
    return ''
  }
}

function namesIn(path: string): string[] {
  try {
    return readdirSync(path)
  } catch {
    return []
  }
}
