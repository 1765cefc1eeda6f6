/**
 * Has an object been collected? By the census rule: collect in one macrotask, again in the next, and look in a third,
 * because a WeakRef keeps its target until the end of the job that made it or looked at it.
 */

declare const gc: (() => void) | undefined

export async function collected(reference: WeakRef<object>): Promise<boolean> {
  if (gc === undefined) throw new Error('run with --expose-gc')
  for (let round = 0; round < 10; round++) {
    await macrotask()
    gc()
    await macrotask()
    gc()
    await macrotask()
    if (isGone(reference)) return true
  }
  return false
}

/** A function of its own, so that no stack frame of the waiting loop keeps what `deref` returned. */
function isGone(reference: WeakRef<object>): boolean {
  return reference.deref() === undefined
}

function macrotask(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0))
}
