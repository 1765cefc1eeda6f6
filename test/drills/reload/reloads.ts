/**
 * The parts of the drill `reload`: clients of one kind each, and a server that is reloaded meanwhile, several times in a row.
 *
 * Each part starts a supervisor of its own (fleet.ts) and ends it.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { until } from '../../support/deadline.ts'
import { Child } from '../child.ts'
import { atLeast, type Check, exactly, type Verdict } from '../verdict.ts'
import type { BacklogReport } from './backlog-clients.ts'
import { Fleet, type FleetOptions, type Reloaded } from './fleet.ts'
import type { NewcomersReport } from './newcomers.ts'
import { drillReload, type ReloadOptions } from './reload.ts'
import type { ClientsReport } from './reload-clients.ts'

const BEGIN_DEADLINE_MS = 60_000

export interface RoundsOptions {
  readonly rounds: number
  /** Before each, and after the last. */
  readonly pauseMs: number
  /** Connections that are there all the time, and have to move each time. Null: others come and go. */
  readonly wanted: number | null
  /** Median of the rounds; null: only reported. */
  readonly movesPerSecond: number | null
}

export interface Rounds {
  readonly checks: readonly Check[]
  readonly numbers: Readonly<Record<string, unknown>>
}

/** Reloads so often, and says what came of it. @param before each of them */
export async function reloadRounds(
  fleet: Fleet,
  options: RoundsOptions,
  before: () => Promise<void> = () => Promise.resolve(),
): Promise<Rounds> {
  const rounds: Reloaded[] = []
  for (let left = options.rounds; left > 0; left--) {
    await pause(options.pauseMs)
    await before()
    rounds.push(await fleet.reload())
  }
  await pause(options.pauseMs)
  return judge(rounds, options)
}

export function judge(rounds: readonly Reloaded[], { wanted, movesPerSecond: least }: RoundsOptions): Rounds {
  const sum = (of: (one: Reloaded) => number): number => rounds.reduce((total, one) => total + of(one), 0)
  const stayed: Record<string, number> = {}
  for (const one of rounds)
    for (const [why, count] of Object.entries(one.stayed)) stayed[why] = (stayed[why] ?? 0) + count
  const movesPerSecond = medianOf(rounds.map((one) => one.movesPerSecond))
  return {
    checks: [
      ...(wanted === null
        ? []
        : [
            exactly(
              'moved at each reload',
              rounds.map(({ moved }) => moved),
              rounds.map(() => wanted),
            ),
          ]),
      exactly('that did not move', stayed, {}),
      exactly(
        'drained',
        sum(({ drained }) => drained),
        0,
      ),
      exactly(
        'unanswered',
        sum(({ unanswered }) => unanswered),
        0,
      ),
      ...(least === null ? [] : [atLeast('moved in a second, median', movesPerSecond, least)]),
    ],
    numbers: {
      ...{ movesPerSecond: rounds.map((one) => one.movesPerSecond), movingMs: rounds.map(({ movingMs }) => movingMs) },
      reloadMs: rounds.map(({ durationMs }) => durationMs),
      cpuMsOfSupervisorOldNew: rounds.map(({ cpuMs }) => cpuMs),
    },
  }
}

function medianOf(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0
}

/** Runs something with a supervisor of its own. */
export async function withFleet<Value>(options: FleetOptions, use: (fleet: Fleet) => Promise<Value>): Promise<Value> {
  const fleet = await Fleet.start(options)
  try {
    return await use(fleet)
  } finally {
    await fleet.end()
  }
}

/** Numbered messages through reloads. */
export function drillRounds(
  fleet: Fleet,
  path: string,
  options: ReloadOptions,
  rounds: RoundsOptions,
): Promise<Verdict> {
  return drillReload(options, { url: `${fleet.url}${path}`, act: () => reloadRounds(fleet, rounds) })
}

/** The same while handlers run. */
export function drillBusy(fleet: Fleet, options: ReloadOptions, rounds: RoundsOptions): Promise<Verdict> {
  const act = async (look: () => Promise<ClientsReport>): Promise<Rounds> => {
    const running: number[] = []
    const done = await reloadRounds(fleet, rounds, async () => {
      const { wanted, arrived } = await look()
      running.push(wanted - arrived)
    })
    const least = Math.min(...running)
    // Otherwise it was not shown.
    const checks = [...done.checks, atLeast('handlers that ran when a reload began', least, options.connections / 10)]
    return { checks, numbers: { ...done.numbers, running } }
  }
  return drillReload(options, { url: `${fleet.url}/busy`, act })
}

export interface BacklogOptions {
  readonly clients: number
  /** So much waits for each of them in its worker. */
  readonly bytes: number
  /** For so long after the moves of a reload have begun nobody reads; null: never. */
  readonly readOnAfterMs: number | null
  readonly rounds: number
  readonly settleMs: number
}

function movesBegun({ run }: Fleet): number {
  return run.all('progress').filter(({ phase }) => phase === 'moving').length
}

/** While much waits for clients that do not read, and then do. */
export async function drillBacklog(fleet: Fleet, options: BacklogOptions): Promise<Verdict> {
  const { clients: count, bytes, readOnAfterMs, settleMs } = options
  const clients = await Child.start({ file: 'reload/backlog-clients.ts', config: {} })
  try {
    await clients.ask('open', { url: `${fleet.url}/backlog`, count })
    const rounds: Reloaded[] = []
    for (let round = 1; round <= options.rounds; round++) {
      const filled = fleet.run.all('filled').length + count
      // Twice as much: reading on, a client takes some of it before it moves.
      await clients.ask('fill', { bytes: 2 * bytes })
      await fleet.run.event('filled', filled - 1)
      const before = movesBegun(fleet)
      const reloading = fleet.reload()
      if (readOnAfterMs !== null) {
        // Not after the reload has: how long a worker takes to start depends on the machine.
        await until('the moves begin', () => movesBegun(fleet) > before, BEGIN_DEADLINE_MS)
        await pause(readOnAfterMs)
        await clients.ask('readOn')
      }
      rounds.push(await reloading)
    }
    const report = await clients.ask<BacklogReport>('finish', { settleMs }, settleMs + 60_000)
    const carried = fleet.run.all('carried').map((one) => Number(one.bytes))
    const judged = judge(rounds, { rounds: options.rounds, pauseMs: 0, wanted: count, movesPerSecond: null })
    return {
      drill: 'reload: much waits for clients that do not read',
      checks: [
        exactly('ended by the other side', report.ended, {}),
        exactly('arrived', report.arrived, report.sent),
        exactly('lost', report.lost, 0),
        exactly('repeated', report.repeated, 0),
        exactly('out of order', report.outOfOrder, 0),
        exactly('that never came to the end', report.unfinished, 0),
        // Who reads on between two attempts has it in its socket by then. Without any it was not shown.
        atLeast('moves that took it along', carried.filter((one) => one >= bytes).length, (count * rounds.length) / 10),
        ...judged.checks,
      ],
      numbers: { ...report, ...judged.numbers, carriedBytesMost: Math.max(0, ...carried) },
    }
  } finally {
    await clients.end()
  }
}

export interface NewcomersOptions {
  readonly perSecond: number
  /** What happens meanwhile. */
  act(): Promise<Rounds>
}

/** While so many come in a second. */
export async function drillNewcomers(fleet: Fleet, { perSecond, act }: NewcomersOptions): Promise<Verdict> {
  const clients = await Child.start({ file: 'reload/newcomers.ts', config: {} })
  try {
    await clients.ask('start', { url: `${fleet.url}/echo`, perSecond })
    const done = await act()
    const report = await clients.ask<NewcomersReport>('stop', {}, 120_000)
    return {
      drill: 'reload: listening never stops',
      checks: [
        atLeast('came in a second', report.came / report.seconds, perSecond * 0.9),
        exactly('refused, reset, or not served', report.failed, {}),
        exactly('served', report.served, report.came),
        ...done.checks,
      ],
      numbers: { ...report, ...done.numbers },
    }
  } finally {
    await clients.end()
  }
}
