/**
 * The drill `reload`: thousands of clients send numbered messages and check what comes back, while something happens to the
 * server that they must not notice. What happens is given as a function; without one, time passes.
 *
 * Everybody is asked for everything: nobody was ended, nothing was lost, repeated, altered or out of order, nobody hangs; and
 * how long the longest round trip took.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { Child } from '../child.ts'
import { atLeast, atMost, type Check, exactly, type Verdict } from '../verdict.ts'
import type { Mix } from './drill-socket.ts'
import type { Fault } from './faults.ts'
import type { ClientsReport, Opening } from './reload-clients.ts'

/** How long it may take from the last byte of a message until it is back, in milliseconds. */
export interface Bars {
  readonly longestMs: number
  readonly p99Ms: number
}

export interface ReloadOptions {
  readonly name: string
  readonly connections: number
  /** With this, a room: so many of the connections publish to all of them. Without, an echo. */
  readonly publishers?: number
  readonly intervalMs: number
  readonly shape: Mix
  readonly bytes: number
  /** Null: times are only reported. */
  readonly bars: Bars | null
  /** What there must be time for: before and after what happens, too. */
  readonly seconds: number
  readonly settleMs: number
}

/** Where the clients go, and what is to happen while they are there. */
export interface Target {
  readonly url: string
  /**
   * Resolves with numbers for the report, and checks of its own.
   *
   * @param look what the clients know at that moment
   */
  act?(
    look: () => Promise<ClientsReport>,
  ): Promise<{ readonly checks: readonly Check[]; readonly numbers: Readonly<Record<string, unknown>> }>
}

export async function drillReload(options: ReloadOptions, target: Target): Promise<Verdict> {
  const { connections, publishers, intervalMs, shape, bytes, seconds, settleMs } = options
  const clients = await Child.start({ file: 'reload/reload-clients.ts', config: {} })
  try {
    const opening: Opening = {
      ...{ url: target.url, count: connections, intervalMs, shape, bytes },
      ...{ room: publishers !== undefined, senders: publishers ?? connections },
    }
    await clients.ask('open', opening, 120_000)
    const startedAt = performance.now()
    await clients.ask('start')
    // Before what happens: somebody must be under way when it does.
    await pause(2 * intervalMs)
    const done = (await target.act?.(() => clients.ask<ClientsReport>('look'))) ?? { checks: [], numbers: {} }
    await pause(Math.max(2 * intervalMs, seconds * 1000 - (performance.now() - startedAt)))
    const report = await clients.ask<ClientsReport>('stop', { settleMs }, settleMs + 60_000)
    const checks = [...checksOf(report, options), ...done.checks]
    return { drill: options.name, checks, numbers: { ...report, ...done.numbers } }
  } finally {
    await clients.end()
  }
}

export function checksOf(
  report: ClientsReport,
  { connections, publishers, seconds, intervalMs, bars }: ReloadOptions,
): Check[] {
  const rounds = Math.floor((seconds * 1000) / intervalMs)
  return [
    exactly('connections', report.opened, connections),
    exactly('ended by the other side', report.ended, {}),
    // Otherwise nothing was looked at.
    atLeast('messages sent', report.sent, rounds * (publishers ?? connections) * 0.8),
    exactly('arrived', report.arrived, report.wanted),
    exactly('lost', report.lost, 0),
    exactly('repeated', report.repeated, 0),
    exactly('out of order', report.outOfOrder, 0),
    exactly('that nobody had sent', report.strange, 0),
    exactly('connections that hang', report.hanging, 0),
    ...(bars === null
      ? []
      : [
          atMost('longest round trip', report.longestMs, bars.longestMs, ' ms'),
          atMost('99 % of them within', report.p99Ms, bars.p99Ms, ' ms'),
        ]),
  ]
}

export interface Sizes extends Omit<ReloadOptions, 'name' | 'shape' | 'publishers'> {
  readonly shapes: readonly Mix[]
  /** Connections with `deflate`, which costs the clients more than twice as much. */
  readonly deflated: number
  readonly members: number
  readonly publishers: number
  /** The paths; empty: not that. */
  readonly echo: string
  readonly room: string
}

/** The echo in each shape, then a room. */
export function reloadRuns(sizes: Sizes): { readonly path: string; readonly options: ReloadOptions }[] {
  const { shapes, deflated, members, publishers, echo, room, connections, ...rest } = sizes
  const echoes = shapes.map((shape) => ({
    path: echo,
    options: {
      ...{ ...rest, name: `reload: echo, ${shape}`, shape },
      connections: shape === 'deflate' ? Math.min(deflated, connections) : connections,
    },
  }))
  const rooms = {
    path: room,
    options: { ...rest, name: 'reload: rooms', connections: members, publishers, shape: 'whole' as const },
  }
  return [...echoes, rooms].filter(({ path }) => path !== '')
}

/** A server to try the clients on. @param use gets its base URL */
export async function withServer<Value>(fault: Fault, use: (url: string) => Promise<Value>): Promise<Value> {
  const server = await Child.start({ file: 'reload/reload-server.ts', config: { fault } })
  try {
    return await use(`ws://127.0.0.1:${await server.ask<number>('port')}`)
  } finally {
    await server.end()
  }
}
