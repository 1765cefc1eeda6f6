/**
 * A server with thousands of connections is drained: its clients come to the next one at an even pace, nothing is lost that a
 * handler had taken on, stuck handlers are cut short at the deadline and named, and the report adds up to the ledger.
 */
import { setTimeout as pause } from 'node:timers/promises'
import type { DrainReport } from '../../src/index.ts'
import { reportProblems } from '../support/drained.ts'
import { Child } from './child.ts'
import type { DrainClientsState } from './drain-clients.ts'
import type { DrainServerState } from './drain-server.ts'
import { atLeast, atMost, exactly, type Verdict } from './verdict.ts'

export interface DrainDrillOptions {
  readonly quiet: number
  /** These talk all the time, and their handlers take theirs. */
  readonly busy: number
  readonly stuck: number
  readonly windowMs: number
  readonly timeoutMs: number
  readonly retryAfterMs: readonly [least: number, most: number]
  /** How much more than the even pace may come in a second. */
  readonly paceMost: number
  /** Control: all at once. */
  readonly burst?: boolean
}

const SECOND_IN_TENTHS = 10
const COME_BACK_MS = 20_000

/** The most in any second, looked at in steps of a tenth. */
export function mostInSecond(tenths: readonly number[]): number {
  let most = 0
  for (let at = 0; at < tenths.length; at++) {
    const sum = tenths.slice(at, at + SECOND_IN_TENTHS).reduce((all, count) => all + count, 0)
    most = Math.max(most, sum)
  }
  return most
}

export async function drillDrain(options: DrainDrillOptions): Promise<Verdict> {
  const { quiet, busy, stuck, windowMs, timeoutMs, retryAfterMs, burst = false } = options
  const total = quiet + busy + stuck
  const children: Child[] = []
  const start = async (file: 'drain-server.ts' | 'drain-clients.ts'): Promise<Child> => {
    const child = await Child.start({ file, config: {} })
    children.push(child)
    return child
  }
  try {
    const [first, next, clients] = await Promise.all([
      start('drain-server.ts'),
      start('drain-server.ts'),
      start('drain-clients.ts'),
    ])
    const port = await first.ask<number>('port')
    // The busy first: they are the ones that are told to talk.
    for (const [path, count] of [
      ['/busy', busy],
      ['/quiet', quiet],
      ['/stuck', stuck],
    ] as const) {
      await clients.ask('open', { port, path, count }, 120_000)
    }
    await clients.ask('say', { count: busy, everyMs: 300 })
    await pause(1_000)
    await clients.ask('turn', { port: await next.ask<number>('port') })
    const before = await first.ask<DrainServerState>('state')
    const settings = { windowMs: burst ? 0 : windowMs, timeoutMs, retryAfterMs }
    const report = await first.ask<DrainReport>('drain', { options: settings }, timeoutMs + 60_000)
    const after = await first.ask<DrainServerState>('state')
    await clients.ask('hush')
    const latest = Date.now() + COME_BACK_MS + retryAfterMs[1]
    let there = await next.ask<DrainServerState>('state')
    while (there.ledger.open < total && Date.now() < latest) {
      await pause(200)
      there = await next.ask<DrainServerState>('state')
    }
    // What the handlers of the next have taken on since then is still to be answered.
    await pause(500)
    there = await next.ask<DrainServerState>('state')
    return verdictOf(options, { before, report, after, there, seen: await clients.ask<DrainClientsState>('state') })
  } finally {
    await Promise.all(children.map((child) => child.end()))
  }
}

interface Found {
  readonly before: DrainServerState
  readonly report: DrainReport
  readonly after: DrainServerState
  /** Of the next server. */
  readonly there: DrainServerState
  readonly seen: DrainClientsState
}

function verdictOf(options: DrainDrillOptions, { before, report, after, there, seen }: Found): Verdict {
  const { quiet, busy, stuck, windowMs, timeoutMs, paceMost, retryAfterMs } = options
  const total = quiet + busy + stuck
  const even = (total * 1_000) / windowMs
  const most = mostInSecond(there.opened)
  const forcedBy = report.forcedBy.map(({ route, kind, name, connections }) => ({ route, kind, name, connections }))
  const stuckWork = { route: '/stuck', kind: 'handler', name: 'message', connections: stuck }
  return {
    drill: 'drain',
    checks: [
      exactly('connections in the report', report.total, total),
      exactly('finished', report.finished, quiet + busy),
      exactly('cut short', report.forced, stuck),
      exactly('and named', forcedBy, stuck === 0 ? [] : [stuckWork]),
      exactly('what does not add up', reportProblems(report, before.ledger, after.ledger), []),
      exactly('what ledger and kernel say is wrong', [...before.wrong, ...after.wrong, ...there.wrong], []),
      exactly('close codes the clients saw', seen.codes, { 1012: total }),
      exactly('clients that were not told when to come back', seen.told.missing, 0),
      atLeast('the least they were told', seen.told.least, retryAfterMs[0], ' ms'),
      exactly('clients that have come to the next server', there.ledger.open, total),
      atMost(`in any second (even pace ${Math.round(even)})`, most, even * paceMost),
      exactly('messages taken on by handlers that were not answered', after.taken + there.taken - seen.answers, 0),
      atMost('the drain took', report.durationMs, timeoutMs + 10_000, ' ms'),
    ],
    numbers: {
      ...{ durationMs: report.durationMs, mostInSecond: most, evenPace: even, share: round(most / even) },
      ...{
        taken: after.taken + there.taken,
        told: seen.told,
        slowest: report.slowest[0],
        openedByTenths: there.opened,
      },
    },
  }
}

function round(value: number): number {
  return Math.round(value * 100) / 100
}
