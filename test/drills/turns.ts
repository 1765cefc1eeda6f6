/**
 * What something costs a server: measured without it and with it, in turns, because a machine is not the same from one minute to the next. What is
 * compared are the middles, which one bad turn does not move.
 */
import { setTimeout as pause } from 'node:timers/promises'
import type { Child } from './child.ts'
import { cpuMsOf } from './memory.ts'
import { atMost, type Check } from './verdict.ts'

/** Of processor time, and for how long it may be stuck: what being looked at may cost. */
export const SHARE_MAX = 0.02
export const PAUSE_MAX_MS = 50

export interface Turn {
  /** Of a core. */
  readonly share: number
  readonly worstMs: number
}

export interface Turns {
  readonly alone: readonly Turn[]
  readonly busy: readonly Turn[]
}

export interface TurnsOptions {
  /** So many turns, each first without, then with it. */
  readonly turns: number
  /** Of each half of a turn. */
  readonly seconds: number
}

/** @param begin resolves when it goes on, with what ends it */
export async function inTurns(
  server: Child,
  { turns, seconds }: TurnsOptions,
  begin: () => Promise<() => unknown>,
): Promise<Turns> {
  const [alone, busy]: [Turn[], Turn[]] = [[], []]
  for (let turn = 0; turn < turns; turn++) {
    alone.push(await measure(server, seconds))
    const end = await begin()
    try {
      busy.push(await measure(server, seconds))
    } finally {
      await end()
    }
  }
  return { alone, busy }
}

/** @param what it is, as the names of the checks say it */
export function costChecks(
  { alone, busy }: Turns,
  what: { readonly share: string; readonly pause: string },
  { shareMax = SHARE_MAX, pauseMaxMs = PAUSE_MAX_MS }: { readonly shareMax?: number; readonly pauseMaxMs?: number },
): readonly Check[] {
  const share = middle(busy.map((one) => one.share)) - middle(alone.map((one) => one.share))
  return [atMost(what.share, share * 100, shareMax * 100, ' %'), atMost(what.pause, worst(busy), pauseMaxMs, ' ms')]
}

/** Of a core, in hundredths, turn by turn. */
export function percentsOf(turns: readonly Turn[]): number[] {
  return turns.map(({ share }) => Math.round(share * 10_000) / 100)
}

export function worst(turns: readonly Turn[]): number {
  return Math.max(...turns.map(({ worstMs }) => worstMs))
}

async function measure(server: Child, seconds: number): Promise<Turn> {
  await server.ask('worstGap')
  const [cpu, begun] = [cpuMsOf(server.pid), performance.now()]
  await pause(seconds * 1000)
  const share = (cpuMsOf(server.pid) - cpu) / (performance.now() - begun)
  return { share, worstMs: await server.ask<number>('worstGap') }
}

function middle(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0
}
