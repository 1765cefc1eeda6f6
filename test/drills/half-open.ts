/**
 * Peers whose network disappears while their connections are open, without a FIN or a reset: they are gone within
 * idleTimeoutMs and one interval, counted as ended by the network, and nothing of them is left. Peers beside them stay.
 *
 * Where network namespaces are allowed, the link of some is set down; others are a process that is stopped (SIGSTOP), whose
 * kernel goes on to acknowledge what comes. Where they are not, only the second.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { Child } from './child.ts'
import type { PeersState } from './drill-peers.ts'
import type { Ended, ServerState } from './drill-server.ts'
import { PeerNetwork } from './network.ts'
import { atLeast, atMost, type Check, exactly, type Verdict } from './verdict.ts'

export interface HalfOpenOptions {
  readonly idleTimeoutMs: number
  readonly keepaliveIntervalMs: number
  /** So many are cut off, so many are stopped, so many live on. */
  readonly each: number
  /** Control: nobody's network disappears, so nobody is ended, and the drill has to say so. */
  readonly intact?: boolean
  /** Of its network, where several drills run at once. */
  readonly number?: number
}

export async function drillHalfOpen(options: HalfOpenOptions): Promise<Verdict> {
  const { idleTimeoutMs, keepaliveIntervalMs, each, intact } = options
  const missing = PeerNetwork.missing()
  const network = missing === null ? new PeerNetwork(options.number) : null
  const children: Child[] = []
  const start = async (init: Parameters<typeof Child.start>[0]): Promise<Child> => {
    const child = await Child.start(init)
    children.push(child)
    return child
  }
  try {
    const closeTimeoutMs = Math.min(5_000, keepaliveIntervalMs / 2)
    const server = await start({
      file: 'drill-server.ts',
      config: { host: '0.0.0.0', remember: true, options: { idleTimeoutMs, keepaliveIntervalMs, closeTimeoutMs } },
    })
    const port = await server.ask<number>('port')
    const join = async (path: string, host: string, through: readonly string[] = []): Promise<Child> => {
      const peers = await start({ file: 'drill-peers.ts', config: {}, through })
      await peers.ask('open', { host, port, path, count: each })
      return peers
    }
    const live = await join('/live', '127.0.0.1')
    const stopped = await join('/stopped', '127.0.0.1')
    const cut = network === null ? null : await join('/cut', network.host, network.through)
    // Everybody has been pinged, and has answered.
    await pause(keepaliveIntervalMs * 1.5)
    for (const peers of [stopped, cut]) await peers?.ask('echo', { deadlineMs: 10_000 })
    const pinged = cut === null ? each : (await cut.ask<PeersState>('state')).pings
    if (!intact) {
      stopped.stop()
      network?.cut()
    }
    await pause(idleTimeoutMs + keepaliveIntervalMs + closeTimeoutMs + 500)
    const endings = await server.ask<Ended[]>('endings')
    const after = await server.ask<ServerState>('state')
    const echoed = await live.ask<number>('echo', { deadlineMs: 10_000 })
    if (!intact) stopped.resume()
    await live.ask('leave')
    if (intact) for (const peers of [stopped, cut]) await peers?.ask('leave')
    await pause(500)
    const left = await server.ask<ServerState>('state')
    const kinds = cut === null ? ['stopped'] : ['stopped', 'cut']
    const checks: Check[] = [
      atLeast('pings before it', pinged, each),
      ...kinds.flatMap((kind) => checksOf(kind, endings, options)),
      exactly('sockets then, and sockets of the kernel', [after.ledger.sockets, after.kernel], [each, each]),
      exactly('counted as ended by the network', after.ledger.endingsBy.network, each * kinds.length),
      exactly('peers beside them that get an answer', echoed, each),
      exactly('when they have left: open, sockets, of the kernel, rooms', leftOf(left), [0, 0, 0, 0]),
      exactly('accepted and closed', left.ledger.closed, left.ledger.accepted),
      exactly('imbalances', [...after.wrong, ...left.wrong], []),
    ]
    const how = missing === null ? 'namespace and stopped process' : `stopped process only, no namespace: ${missing}`
    return { drill: 'half-open', checks, numbers: { how, each, idleTimeoutMs, keepaliveIntervalMs, closeTimeoutMs } }
  } finally {
    await Promise.all(children.map((child) => child.end()))
    network?.end()
  }
}

function checksOf(kind: string, all: readonly Ended[], options: HalfOpenOptions): Check[] {
  const { idleTimeoutMs, keepaliveIntervalMs, each } = options
  const endings = all.filter((ending) => ending.kind === kind)
  const how = [...new Set(endings.map(({ code, by }) => `${code} ${by}`))]
  const most = (times: number[]): number => Math.max(0, ...times)
  const within = idleTimeoutMs + keepaliveIntervalMs
  return [
    exactly(`${kind}: ended`, endings.length, each),
    exactly(`${kind}: how`, how, ['1006 network']),
    atMost(`${kind}: ended after silence of`, most(endings.map(({ silentMs }) => silentMs)), within, ' ms'),
    atMost(`${kind}: socket gone after`, most(endings.map(({ goneMs }) => goneMs)), within, ' ms'),
  ]
}

function leftOf({ ledger, kernel, rooms }: ServerState): number[] {
  return [ledger.open + ledger.draining + ledger.closing, ledger.sockets, kernel, rooms]
}
