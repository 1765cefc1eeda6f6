/**
 * The check against the kernel: are the sockets we think we hold those that the kernel says we hold?
 *
 * Linux only. It looks at everything in one turn, so that nothing of ours moves meanwhile; the kernel's side does move. What
 * does not agree is looked at again, a turn later each time, and only what never agreed is reported. Made and owned by the
 * server; ends with it, and holds nothing but ports.
 */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import type { Server as NetServer } from 'node:net'
import { isFromHandle } from '../connection/raw-handle.ts'
import { type KernelSocket, parseTcpTable, parseUnixTable, socketInode } from '../hub/kernel-sockets.ts'
import type { ServerContext } from './server-context.ts'
import { hasSocket, socketsSeen } from './server-ledger.ts'

/** What one check found. */
export interface KernelReport {
  /** False where there is no /proc: then everything else is 0 or empty. */
  readonly supported: boolean
  /** TCP sockets Node holds for the HTTP servers, upgraded or not, and those of connections that came from another process. Those of Unix-domain listeners are not counted. */
  readonly held: number
  /** TCP sockets of this process that the kernel has at the ports of the HTTP servers. */
  readonly kernel: number
  /** The kernel's, by state of TCP: many in `CLOSE_WAIT` have hung up and nobody has noticed. */
  readonly byState: Readonly<Record<string, number>>
  /** Held, but of no connection or upgrade of this server: ordinary requests, kept-alive sockets, requests still arriving. */
  readonly notUpgraded: number
  /** What did not agree in any look. Empty when all is well. */
  readonly imbalances: readonly string[]
}

const LOOKS = 5
const PROC = '/proc/self'
const NOT_SUPPORTED: KernelReport = {
  ...{ supported: false, held: 0, kernel: 0, byState: {}, notUpgraded: 0, imbalances: [] },
}

type Seen = Pick<ServerContext, 'hub' | 'openings' | 'arrivals' | 'ledger'>

export class KernelCheck {
  readonly #context: Seen
  // Bounded by the HTTP servers: a closed one does not say its port any more, and may still have sockets there.
  readonly #ports = new Map<NetServer, number>()

  constructor(context: Seen) {
    this.#context = context
  }

  /** Remembers the ports of these, which are about to close. */
  remember(servers: Iterable<NetServer>): void {
    for (const server of servers) {
      const address = server.address?.()
      if (typeof address === 'object' && address !== null) this.#ports.set(server, address.port)
    }
  }

  /** Looks until all agrees, at most five times. */
  async check(servers: readonly NetServer[]): Promise<KernelReport> {
    // Never inside somebody's turn, where an upgrade may be half way.
    await nextTurn()
    let report = await this.#look(servers)
    for (let look = 1; look < LOOKS && report.imbalances.length > 0; look++) {
      await nextTurn()
      const before = report
      report = await this.#look(servers)
      // Numbers differ from look to look; it is the law that must have failed each time.
      const laws = new Set(before.imbalances.map(lawOf))
      report = { ...report, imbalances: report.imbalances.filter((text) => laws.has(lawOf(text))) }
    }
    return report
  }

  async #look(servers: readonly NetServer[]): Promise<KernelReport> {
    this.remember(servers)
    // The numbers are taken in this turn, and only handed over in a later one.
    const counting = servers.map((server) => connectionsOf(server))
    const { sockets } = this.#context.ledger
    const seen = socketsSeen(this.#context)
    const adopted = adoptedPorts(this.#context)
    const found = socketsOfProcess()
    const counts = await Promise.all(counting)
    if (found === null) return NOT_SUPPORTED
    let held = 0
    let elsewhere = 0
    const ports = new Set<number>()
    for (const [index, server] of servers.entries()) {
      const count = counts[index] ?? 0
      const port = this.#ports.get(server)
      if (port === undefined) elsewhere += count
      // Somebody else in this process may listen at the port of a closed server by now.
      else if (server.listening || !found.tcp.some((one) => one.state === 'LISTEN' && one.localPort === port)) {
        held += count
        ports.add(port)
      } else elsewhere += count
    }
    // No HTTP server counts those that came from another process.
    for (const port of adopted) {
      if (port !== undefined && ports.has(port)) held++
      else elsewhere++
    }
    const ours = found.tcp.filter(({ localPort, state }) => state !== 'LISTEN' && ports.has(localPort))
    const byState: Record<string, number> = {}
    for (const { state } of ours) byState[state] = (byState[state] ?? 0) + 1
    const imbalances: string[] = []
    const unlike = (law: string, left: number, right: number): void =>
      void imbalances.push(`${law}: ${left} and ${right}`)
    if (sockets !== seen) unlike('sockets in the ledger = sockets of connections and upgrades', sockets, seen)
    if (sockets > held + elsewhere) unlike('sockets in the ledger <= sockets Node holds', sockets, held + elsewhere)
    if (ours.length > held) unlike('sockets of the kernel <= sockets Node holds', ours.length, held)
    // One that was reset while nobody read from it is in no table, though its descriptor is still ours.
    if (held > ours.length + found.unknown) unlike('sockets Node holds <= sockets of the kernel', held, ours.length)
    const notUpgraded = Math.max(0, held + elsewhere - sockets)
    return { supported: true, held, kernel: ours.length, byState, notUpgraded, imbalances }
  }
}

/** The ports of the sockets that came from another process. */
export function adoptedPorts({ hub, arrivals }: Seen): (number | undefined)[] {
  const ports = [...arrivals.sockets].map(({ localPort }) => localPort)
  for (const life of hub.lives()) if (isFromHandle(life.socket) && hasSocket(life)) ports.push(life.socket.localPort)
  return ports
}

/** The TCP sockets this process has descriptors of, and how many of its sockets are in no table. Null without /proc. */
function socketsOfProcess(): { readonly tcp: readonly KernelSocket[]; readonly unknown: number } | null {
  let names: string[]
  let tcp: KernelSocket[]
  const others = new Set<string>()
  try {
    names = readdirSync(`${PROC}/fd`)
    tcp = parseTcpTable(readFileSync(`${PROC}/net/tcp`, 'latin1'))
  } catch {
    return null
  }
  tcp.push(...parseTcpTable(table('tcp6')))
  for (const { inode } of [...parseTcpTable(table('udp')), ...parseTcpTable(table('udp6'))]) others.add(inode)
  for (const inode of parseUnixTable(table('unix'))) others.add(inode)
  const byInode = new Map(tcp.map((socket) => [socket.inode, socket]))
  const own = new Set<KernelSocket>()
  let unknown = 0
  for (const name of names) {
    const inode = socketInode(linkOf(name))
    if (inode === null) continue
    const socket = byInode.get(inode)
    if (socket !== undefined) own.add(socket)
    else if (!others.has(inode)) unknown++
  }
  return { tcp: [...own], unknown }
}

/** A system without IPv6, for one, has not all tables. */
function table(name: string): string {
  try {
    return readFileSync(`${PROC}/net/${name}`, 'latin1')
  } catch {
    return ''
  }
}

/** The descriptor that read the folder is gone by now. */
function linkOf(name: string): string {
  try {
    return readlinkSync(`${PROC}/fd/${name}`)
  } catch {
    return ''
  }
}

/** Sockets an HTTP server has accepted and that are not closed, upgraded or not. */
export function connectionsOf(server: NetServer): Promise<number> {
  return new Promise((resolve) => {
    if (typeof server.getConnections !== 'function') resolve(0)
    else server.getConnections((_, count) => resolve(count ?? 0))
  })
}

function lawOf(imbalance: string): string {
  return imbalance.slice(0, imbalance.indexOf(':'))
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
