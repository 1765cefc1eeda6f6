/** All processes at one moment, added up to the numbers of the charts. Pure; nothing to end. */
import type { MemoryAccounts } from '../../diagnose/memory/accounts.ts'
import type { MemoryRow } from '../../diagnose/memory/memory-row.ts'
import type { Point, ProcessLook } from './wire.ts'

/** Of a ledger, what only grows. */
const COUNTERS = [
  ...(['accepted', 'refused', 'failed', 'closed', 'moved'] as const),
  ...(['messagesReceived', 'messagesSent', 'messagesDropped'] as const),
]

/**
 * @param totals counters that include processes that have gone, where somebody keeps them
 * @param fresh were the accounts of all processes read since the point before?
 */
export function pointOf(
  at: number,
  looks: readonly ProcessLook[],
  totals: Readonly<Record<string, number>> | null,
  fresh: boolean,
): Point {
  const ledgers = looks.flatMap(({ server }) => (server === null ? [] : [server.ledger]))
  const counted = (name: (typeof COUNTERS)[number]): number => totals?.[name] ?? sum(ledgers.map((one) => one[name]))
  const state = (name: 'open' | 'draining' | 'closing' | 'moving' | 'opening'): number =>
    sum(ledgers.map((one) => one[name]))
  const censuses = looks.flatMap(({ server }) => server?.census.report ?? [])
  return {
    ...{ at, open: state('open'), draining: state('draining'), closing: state('closing') },
    ...{ moving: state('moving'), opening: state('opening') },
    ...(Object.fromEntries(COUNTERS.map((name) => [name, counted(name)])) as Record<(typeof COUNTERS)[number], number>),
    loopP99Ms: worst(looks.map(({ loop }) => loop?.p99Ms ?? null)),
    loopMaxMs: worst(looks.map(({ loop }) => loop?.maxMs ?? null)),
    rssBytes: sum(looks.map(({ memory }) => memory.rssBytes)),
    heapUsedBytes: sum(looks.map(({ memory }) => memory.heapUsedBytes)),
    retained:
      censuses.length === 0 ? null : sum(censuses.flatMap(({ retained }) => retained.map(({ count }) => count))),
    accounts: fresh ? accountsSum(looks) : null,
  }
}

/** Null unless all of them have been read. */
function accountsSum(looks: readonly ProcessLook[]): MemoryAccounts | null {
  const all = looks.map(({ memory }) => memory.reading?.accounts ?? null)
  if (all.length === 0 || all.includes(null)) return null
  return addAccounts(all as MemoryAccounts[])
}

function addAccounts(all: readonly MemoryAccounts[]): MemoryAccounts {
  const [first, ...rest] = all as [MemoryAccounts, ...MemoryAccounts[]]
  const names = Object.keys(first) as (keyof MemoryAccounts)[]
  return Object.fromEntries(
    names.map((name) => [name, rest.reduce((bytes, one) => bytes + one[name], first[name])]),
  ) as unknown as MemoryAccounts
}

/** Histories of several processes as one: rows of the same minute are added up; minutes that not all of them have are left out. */
export function addRows(histories: readonly (readonly MemoryRow[])[]): MemoryRow[] {
  const [first = [], ...rest] = histories
  if (rest.length === 0) return [...first]
  return first.flatMap((row) => {
    const others = rest.map((rows) => rows.find(({ at }) => Math.abs(at - row.at) <= 30_000))
    if (others.includes(undefined)) return []
    const all = [row, ...(others as MemoryRow[])]
    const names = (Object.keys(row) as (keyof MemoryRow)[]).filter((name) => name !== 'at')
    const added = Object.fromEntries(names.map((name) => [name, sum(all.map((one) => one[name]))]))
    return [{ ...added, at: row.at } as unknown as MemoryRow]
  })
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}

function worst(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null)
  return known.length === 0 ? null : Math.max(...known)
}
