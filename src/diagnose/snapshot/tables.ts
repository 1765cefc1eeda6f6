/** How V8 lays out the table of a `Map`. Pure over a snapshot. */
import type { Snapshot } from './snapshot.ts'

/**
 * In the table of a `Map`: three words of head, a list of buckets, and for each bucket two entries of key, value and link.
 * A `Set` has entries of two; there, and where the size says nothing, it is never taken for a key.
 */
export function isKeyAt(snapshot: Snapshot, table: number, index: number): boolean {
  const words = snapshot.selfBytes(table) / 8 - 2
  const buckets = (words - 3) / 7
  return Number.isInteger(buckets) && buckets > 0 && (buckets & (buckets - 1)) === 0 && (index - 3 - buckets) % 3 === 0
}
