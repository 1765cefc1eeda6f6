/**
 * What a reading of memory means, in one sentence: what grows, what stands out, or that nothing does. Pure; nothing to end.
 */
import type { MemoryAccounts } from './accounts.ts'
import type { MemoryRow } from './memory-row.ts'
import type { HeapSpace } from './v8-figures.ts'

export interface MemorySeen {
  readonly source: 'proc' | 'process'
  readonly rssBytes: number
  readonly accounts: MemoryAccounts
  readonly hasHadWorkers: boolean
  readonly heap: { readonly limitBytes: number; readonly spaces: readonly HeapSpace[] }
}

type Account = keyof MemoryAccounts

const MB = 1_000_000
/** An account stands out when it is this much of RSS, and not little. */
const STANDS_OUT_SHARE = 0.25
const STANDS_OUT_BYTES = 32 * MB
/** More than this of RSS is said to be unexplained, also when it does not stand out. */
const UNEXPLAINED_SHARE = 0.05
/** Near the limit V8 collects all the time, and at it the process ends. */
const FULL_SHARE = 0.85
const QUARTERS = 4
const ROWS_MIN = 12
const GROWN_BYTES = 16 * MB
const GROWN_SHARE = 0.25
/** What only came to its size, as after a start, has grown early and then no more: growth is in every quarter. */
const STEP_SHARE = 1 / 8
/** More connections need more memory. */
const MORE_CONNECTIONS = 1.2

/** @param rows of the last hour, oldest first */
export function memoryVerdict(seen: MemorySeen, rows: readonly MemoryRow[]): string {
  return fullHeap(seen) ?? growth(rows) ?? standsOut(seen) ?? nothing(seen)
}

function fullHeap({ heap }: MemorySeen): string | null {
  const used = heap.spaces.reduce((sum, { usedBytes }) => sum + usedBytes, 0)
  if (used < heap.limitBytes * FULL_SHARE) return null
  return `The heap is nearly full: ${mb(used)} of ${mb(heap.limitBytes)} are in use; at the limit the process ends.`
}

const GROWING: readonly (readonly [Account, string, string])[] = [
  ['v8Used', 'JavaScript objects grow', 'something keeps them, and a heap snapshot shows what'],
  ['external', 'Buffers and other memory outside the heap grow', 'some objects keep them'],
  ['nativeHeap', 'The native heap grows', 'something outside JavaScript keeps memory'],
  ['unexplained', 'Memory of unknown owners grows', 'look for addons and what they map'],
]

function growth(rows: readonly MemoryRow[]): string | null {
  if (rows.length < ROWS_MIN) return null
  const minutes = Math.round(((rows.at(-1) as MemoryRow).at - (rows[0] as MemoryRow).at) / 60_000)
  const connections = quartersOf(rows).map((some) => Math.max(...some.map((row) => row.connections)))
  const [then = 0, now = 0] = [connections[0], connections.at(-1)]
  if (now > then * MORE_CONNECTIONS) return null
  for (const [account, what, why] of GROWING) {
    // Between two collections there is garbage, so the least of some time says most about what lives.
    const least = quartersOf(rows).map((some) => Math.min(...some.map((row) => row[account])))
    if (!isGrowing(least)) continue
    const [first = 0, last = 0] = [least[0], least.at(-1)]
    const people = `with ${count(then)} connections then and ${count(now)} now`
    return `${what}: from ${mb(first)} to ${mb(last)} in ${minutes} minutes, ${people}; ${why}.`
  }
  return null
}

function isGrowing(least: readonly number[]): boolean {
  const [first = 0, last = 0] = [least[0], least.at(-1)]
  const grown = last - first
  if (grown < GROWN_BYTES || grown < first * GROWN_SHARE) return false
  return least.every((bytes, at) => at === 0 || bytes - (least[at - 1] as number) >= grown * STEP_SHARE)
}

function quartersOf(rows: readonly MemoryRow[]): MemoryRow[][] {
  return Array.from({ length: QUARTERS }, (_, at) =>
    rows.slice(Math.floor((rows.length * at) / QUARTERS), Math.floor((rows.length * (at + 1)) / QUARTERS)),
  )
}

function standsOut(seen: MemorySeen): string | null {
  const { source, rssBytes, accounts } = seen
  const sentences: Partial<Record<Account, () => string>> = {
    v8Free: () => emptyPages(seen),
    v8Used: () =>
      `JavaScript objects stand out: ${mb(accounts.v8Used)} of ${mb(rssBytes)}, in use, or dead and not collected yet.`,
    external: () =>
      `RSS is high because of memory outside the heap that objects hold on to, such as Buffers: ${mb(accounts.external)} of ${mb(rssBytes)}.`,
    nativeHeap: () =>
      `RSS is high because of the native heap: ${mb(accounts.nativeHeap)} of ${mb(rssBytes)} are memory of malloc that is no Buffer, in use or kept.`,
    // Without /proc that is everything but V8.
    ...(source === 'proc' && {
      unexplained: () => `${mb(accounts.unexplained)} of ${mb(rssBytes)} could not be explained.`,
    }),
  }
  const [greatest] = (Object.keys(sentences) as Account[]).sort((a, b) => accounts[b] - accounts[a])
  if (greatest === undefined) return null
  const bytes = accounts[greatest]
  if (bytes < STANDS_OUT_BYTES || bytes < rssBytes * STANDS_OUT_SHARE) return null
  return sentences[greatest]?.() ?? null
}

function emptyPages({ accounts, hasHadWorkers }: MemorySeen): string {
  const bytes = mb(accounts.v8Free)
  if (!hasHadWorkers) return `RSS is high because V8 keeps ${bytes} of empty pages; nothing is leaking.`
  return `RSS is high because V8 has ${bytes} without objects of this thread: empty pages, or the heaps of worker threads.`
}

function nothing({ source, rssBytes, accounts }: MemorySeen): string {
  if (source === 'process') return `Nothing stands out in ${mb(rssBytes)}, as far as can be told without /proc.`
  if (accounts.unexplained > rssBytes * UNEXPLAINED_SHARE) {
    return `Nothing stands out in ${mb(rssBytes)}, but ${mb(accounts.unexplained)} of it could not be explained.`
  }
  return `Nothing stands out in ${mb(rssBytes)}, of which ${mb(accounts.files)} are the program, its libraries and other files.`
}

function mb(bytes: number): string {
  return `${count(Math.round(bytes / MB))} MB`
}

/** `15,000`. Not by toLocaleString: the first one of a process takes 100 ms and some megabytes, which would be in the next reading. */
function count(value: number): string {
  return String(value).replace(/(?<=\d)(?=(\d{3})+$)/g, ',')
}
