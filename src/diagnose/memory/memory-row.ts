/**
 * One line of the history of memory: the accounts at a moment, and how many connections were open. Plain data.
 */
import type { MemoryAccounts } from './accounts.ts'

export interface MemoryRow extends MemoryAccounts {
  /** When, on the calendar: milliseconds since 1970. */
  readonly at: number
  readonly rssBytes: number
  /** How many connections were open. */
  readonly connections: number
}
