/**
 * How many objects of a kind can still be reached, by the census rule: collect in one macrotask, again in the next, and
 * look in a third, because what a job has made or looked at may be kept until that job ends.
 */
import { queryObjects } from 'node:v8'

declare const gc: (() => void) | undefined

// biome-ignore lint/suspicious/noExplicitAny: any class can be counted, whatever its constructor takes.
type Kind = abstract new (...args: any[]) => object

/** Asks again for a while, as long as any is there: a socket lets go of its last request a turn later. */
export async function reachable(kinds: Readonly<Record<string, Kind>>): Promise<Record<string, number>> {
  let counts: Record<string, number> = {}
  for (let round = 0; round < 5; round++) {
    await collect()
    counts = {}
    for (const [name, kind] of Object.entries(kinds)) counts[name] = count(kind)
    if (Object.values(counts).every((left) => left === 0)) break
  }
  return counts
}

/** How many of `references` still lead to their object. */
export async function reachableOf(references: readonly WeakRef<object>[]): Promise<number> {
  let left = references.length
  for (let round = 0; round < 5 && left > 0; round++) {
    await collect()
    left = references.filter(isThere).length
  }
  return left
}

async function collect(): Promise<void> {
  if (gc === undefined) throw new Error('run with --expose-gc')
  for (let turns = 0; turns < 3; turns++) {
    await macrotask()
    gc()
  }
  await macrotask()
}

/** A function of its own, so that no stack frame of the waiting loop keeps what `deref` returned. */
function isThere(reference: WeakRef<object>): boolean {
  return reference.deref() !== undefined
}

function count(kind: Kind): number {
  return queryObjects(kind as new () => object, { format: 'count' }) as unknown as number
}

function macrotask(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0))
}
