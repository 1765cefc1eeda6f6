/**
 * Where the memory was in the last hour: a line a minute, in a ring that never grows.
 *
 * Owned by whoever made it, with a timer that keeps no process alive. Ends with `end()`: nothing is read after it, and what a
 * reading under way finds is dropped. What is there stays readable.
 */
import type { Clock, ClockTimer } from '../../base/clock.ts'
import { type MemoryAccounts, rssOf } from './accounts.ts'
import type { MemoryRow } from './memory-row.ts'

export interface HistorySources {
  readonly clock: Clock
  /** Asked once a minute, never twice at a time. */
  readonly read: () => Promise<{ readonly accounts: MemoryAccounts }>
  /** How many are open now. */
  readonly connections: () => number
}

const MINUTE_MS = 60_000
export const ROWS_MAX = 60
const COLUMNS = 10

export class MemoryHistory {
  readonly #sources: HistorySources
  readonly #ring = new Float64Array(ROWS_MAX * COLUMNS)
  #length = 0
  /** Which row is written next. */
  #next = 0
  #timer: ClockTimer | null

  constructor(sources: HistorySources) {
    this.#sources = sources
    this.#timer = this.#arm()
  }

  /** Oldest first. */
  rows(): MemoryRow[] {
    const first = this.#next - this.#length + ROWS_MAX
    return Array.from({ length: this.#length }, (_, at) => this.#row((first + at) % ROWS_MAX))
  }

  end(): void {
    this.#timer?.cancel()
    this.#timer = null
  }

  #arm(): ClockTimer {
    return this.#sources.clock.after(MINUTE_MS, () => this.#take())
  }

  #take(): void {
    // The next minute begins after this reading, however long it takes: so there is one at a time.
    const taken = this.#timer
    const { read, clock, connections } = this.#sources
    const goOn = (accounts: MemoryAccounts | null): void => {
      // Ended meanwhile.
      if (this.#timer !== taken) return
      if (accounts !== null) this.#add(clock.wallNow(), connections(), accounts)
      this.#timer = this.#arm()
    }
    read().then(
      ({ accounts }) => goOn(accounts),
      // A minute without a line: the next may have one.
      () => goOn(null),
    )
  }

  #add(at: number, connections: number, accounts: MemoryAccounts): void {
    const { v8Used, v8Free, code, external, nativeHeap, files, stacks, unexplained } = accounts
    const row = [at, connections, v8Used, v8Free, code, external, nativeHeap, files, stacks, unexplained]
    this.#ring.set(row, this.#next * COLUMNS)
    this.#next = (this.#next + 1) % ROWS_MAX
    this.#length = Math.min(this.#length + 1, ROWS_MAX)
  }

  #row(index: number): MemoryRow {
    const values = this.#ring.subarray(index * COLUMNS, (index + 1) * COLUMNS)
    const [at = 0, connections = 0, v8Used = 0, v8Free = 0, code = 0] = values
    const [external = 0, nativeHeap = 0, files = 0, stacks = 0, unexplained = 0] = values.subarray(5)
    const accounts = { v8Used, v8Free, code, external, nativeHeap, files, stacks, unexplained }
    return { at, rssBytes: rssOf(accounts), connections, ...accounts }
  }
}
