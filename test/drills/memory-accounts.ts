/**
 * Where the memory of a server is (src/diagnose/memory/), with nobody connected, with many, and with nobody again: right after
 * they left, and when the server has had time to give memory back. At each moment the accounts add up to RSS, what Node says of
 * it is near, and what cannot be explained is at most 5 % of it. Once with each Node.
 *
 * How long a reading takes, and how much of that the event loop was busy, is reported.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { type MemoryAccounts, rssOf } from '../../src/diagnose/memory/accounts.ts'
import { Child } from './child.ts'
import type { MemorySample, ServerState } from './drill-server.ts'
import { atMost, type Check, exactly, type Verdict } from './verdict.ts'

export interface AccountsOptions {
  readonly connections: number
  /** A Node: what it is called, and its program. */
  readonly node: { readonly name: string; readonly program: string }
  /** How long it is quiet before the last reading. */
  readonly quietMs: number
  /** Control: so many bytes are held where nobody counts them. */
  readonly hiddenBytes: number
}

export const UNEXPLAINED_MAX = 5
/** The kernel counts for each processor apart what statm shows, and a process that has just worked goes on to move. */
const NEAR_PERCENT = 3
const NEAR_BYTES = 2_000_000
const ADDRESSES = Array.from({ length: 40 }, (_, at) => `127.0.0.${at + 2}`)
const SETTLE_DEADLINE_MS = 60_000
const OPEN_DEADLINE_MS = 180_000
const MB = 1_000_000

export async function drillMemory(options: AccountsOptions): Promise<Verdict> {
  const { connections, node, quietMs, hiddenBytes } = options
  const config = { host: '127.0.0.1', options: {}, hiddenBytes }
  const server = await Child.start({ file: 'drill-server.ts', config, node: node.program })
  let peers: Child | null = null
  const samples: [when: string, sample: MemorySample][] = []
  try {
    peers = await Child.start({ file: 'drill-peers.ts', config: {} })
    const port = await server.ask<number>('port')
    await pause(quietMs / 2)
    samples.push(['with nobody', await server.ask<MemorySample>('memory')])
    const where = { host: '127.0.0.1', port, path: '/memory', addresses: ADDRESSES }
    await peers.ask('open', { ...where, count: connections }, OPEN_DEADLINE_MS)
    const echoes = await peers.ask<number>('echo', { deadlineMs: 30_000 })
    const { ledger } = await server.ask<ServerState>('state')
    const open = ledger.open
    samples.push([`with ${connections}`, await server.ask<MemorySample>('memory')])
    await pause(quietMs / 2)
    samples.push([`with ${connections}, later`, await server.ask<MemorySample>('memory')])
    await peers.ask('leave', {}, OPEN_DEADLINE_MS)
    await settled(server, connections)
    samples.push(['when they have left', await server.ask<MemorySample>('memory')])
    await pause(quietMs)
    samples.push(['later', await server.ask<MemorySample>('memory')])
    const checks: Check[] = [
      exactly('open, answers that came back', [open, echoes], [connections, connections]),
      ...samples.flatMap(([when, sample]) => checksOf(when, sample)),
    ]
    return { drill: `memory (Node ${node.name})`, checks, numbers: numbersOf(samples) }
  } finally {
    await peers?.end()
    await server.end()
  }
}

function checksOf(when: string, { report, nodeRssBytes }: MemorySample): Check[] {
  const { source, rssBytes, accounts } = report
  const negative = Object.values(accounts).filter((bytes) => bytes < 0)
  return [
    exactly(`${when}: read from, accounts below 0`, [source, negative], ['proc', []]),
    exactly(`${when}: accounts less RSS`, rssOf(accounts) - rssBytes, 0),
    atMost(
      `${when}: what Node says is off by`,
      Math.abs(nodeRssBytes - rssBytes) / MB,
      (NEAR_BYTES + (nodeRssBytes * NEAR_PERCENT) / 100) / MB,
      ' MB',
    ),
    atMost(`${when}: unexplained`, (accounts.unexplained / rssBytes) * 100, UNEXPLAINED_MAX, ' %'),
  ]
}

function numbersOf(samples: readonly (readonly [string, MemorySample])[]): Record<string, unknown> {
  return Object.fromEntries(
    samples.map(([when, { report, tookMs, busyMs }]) => [
      when,
      {
        ...inMegabytes({ rss: report.rssBytes, ...report.accounts }),
        ...{ tookMs: Math.round(tookMs), busyMs: Math.round(busyMs * 10) / 10 },
        ...{ kernel: report.kernel?.tcpBytesOfMachine, verdict: report.verdict },
      },
    ]),
  )
}

function inMegabytes(accounts: MemoryAccounts & { readonly rss: number }): Record<string, number> {
  return Object.fromEntries(Object.entries(accounts).map(([name, bytes]) => [name, Math.round((bytes / MB) * 10) / 10]))
}

/** Until the server has let go of everybody who came. */
async function settled(server: Child, total: number): Promise<void> {
  const until = performance.now() + SETTLE_DEADLINE_MS
  for (;;) {
    const { ledger } = await server.ask<ServerState>('state')
    if (ledger.closed === total && ledger.sockets === 0) return
    if (performance.now() > until) throw new Error(`${ledger.closed} of ${total} closed, ${ledger.sockets} sockets`)
    await pause(50)
  }
}
