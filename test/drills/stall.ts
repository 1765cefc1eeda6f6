/**
 * The server is blocked: its process is stopped (SIGSTOP) for longer than idleTimeoutMs, while its peers answer every ping they
 * get. Nobody who answers is ended for that gap. A peer that is really gone, a process stopped before, is ended all the
 * same, within idleTimeoutMs and one interval of the time in which the server was awake.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { Child } from './child.ts'
import type { PeersState } from './drill-peers.ts'
import type { Ended, ServerState } from './drill-server.ts'
import { atLeast, atMost, type Check, exactly, type Verdict } from './verdict.ts'

export interface StallOptions {
  readonly blockMs: number
  readonly idleTimeoutMs: number
  readonly keepaliveIntervalMs: number
  readonly live: number
  readonly dead: number
  /** Control: the peers that live do not answer pings, so they are ended, and the drill has to say so. */
  readonly deaf?: boolean
}

export async function drillStall(options: StallOptions): Promise<Verdict> {
  const { blockMs, idleTimeoutMs, keepaliveIntervalMs, live, dead } = options
  const children: Child[] = []
  const start = async (init: Parameters<typeof Child.start>[0]): Promise<Child> => {
    const child = await Child.start(init)
    children.push(child)
    return child
  }
  try {
    const closeTimeoutMs = Math.min(5_000, keepaliveIntervalMs / 2)
    const limits = { idleTimeoutMs, keepaliveIntervalMs, closeTimeoutMs }
    const [server, livePeers, deadPeers] = await Promise.all([
      start({ file: 'drill-server.ts', config: { host: '127.0.0.1', remember: true, options: limits } }),
      start({ file: 'drill-peers.ts', config: {} }),
      start({ file: 'drill-peers.ts', config: {} }),
    ])
    const where = { host: '127.0.0.1', port: await server.ask<number>('port') }
    await livePeers.ask('open', { ...where, path: '/live', count: live, answers: options.deaf !== true })
    await deadPeers.ask('open', { ...where, path: '/dead', count: dead })
    const deadHeard = await deadPeers.ask<number>('echo', { deadlineMs: 10_000 })
    deadPeers.stop()
    // Into the middle of a round of pings, so that everybody owes an answer, or soon will, when the server stops.
    await pause(keepaliveIntervalMs * 1.5)
    const asked = await livePeers.ask<PeersState>('state')
    server.stop()
    await pause(blockMs)
    server.resume()
    await pause(idleTimeoutMs + keepaliveIntervalMs * 2)
    const echoed = await livePeers.ask<number>('echo', { deadlineMs: 10_000 })
    const endings = await server.ask<Ended[]>('endings')
    const { ledger, wrong, stalls, stalledMs } = await server.ask<ServerState>('state')
    deadPeers.resume()
    await pause(300)
    const woken = await deadPeers.ask<PeersState>('state')
    const found = { endings, ledger, wrong, stalls, stalledMs, woken, echoed, deadHeard, asked }
    return verdictOf(options, found)
  } finally {
    await Promise.all(children.map((child) => child.end()))
  }
}

interface Found extends Pick<ServerState, 'ledger' | 'wrong' | 'stalls' | 'stalledMs'> {
  readonly endings: readonly Ended[]
  readonly woken: PeersState
  readonly echoed: number
  readonly deadHeard: number
  readonly asked: PeersState
}

function verdictOf(options: StallOptions, found: Found): Verdict {
  const { blockMs, idleTimeoutMs, keepaliveIntervalMs, live, dead } = options
  const { endings, ledger, wrong } = found
  const ofDead = endings.filter(({ kind }) => kind === 'dead')
  const slowest = Math.max(0, ...ofDead.map(({ silentMs }) => silentMs))
  const soonest = Math.min(...ofDead.map(({ silentMs }) => silentMs), Number.MAX_SAFE_INTEGER)
  const checks: Check[] = [
    atLeast('the server noticed that it was stuck for', found.stalledMs, blockMs * 0.9, ' ms'),
    atLeast('pings the living had before', found.asked.pings, live),
    exactly('dead peers that were alive first', found.deadHeard, dead),
    exactly('living peers that were ended', endings.filter(({ kind }) => kind === 'live').length, 0),
    exactly('living peers that get an answer after it', found.echoed, live),
    exactly('dead peers that were ended', ofDead.length, dead),
    atMost('the last of them after awake silence of', slowest, idleTimeoutMs + keepaliveIntervalMs, ' ms'),
    // What the server knows of the time it heard them may be a sample (100 ms) old.
    atLeast('the first of them not before', soonest, idleTimeoutMs - 200, ' ms'),
    exactly('the close frame they find when they wake', found.woken.closed, { 1001: dead }),
    exactly('counted as ended by the network', ledger.endingsBy.network, dead),
    exactly('counted with code 1006', ledger.endingsByCode['1006'] ?? 0, dead),
    exactly('sockets', ledger.sockets, live),
    exactly('imbalances', wrong, []),
  ]
  const { stalls, stalledMs } = found
  return { drill: 'stall', checks, numbers: { blockMs, idleTimeoutMs, keepaliveIntervalMs, stalls, stalledMs } }
}
