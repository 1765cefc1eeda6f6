/**
 * Questions about what user code returns and throws. Pure.
 */

/** Is it a promise, or anything else with a `then`? Throws what its getter throws. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && typeof (value as PromiseLike<unknown>).then === 'function'
}

/** Is it what work throws that stops because its signal aborted with `reason`? */
export function isAbort(thrown: unknown, reason: unknown): boolean {
  if (thrown === reason) return true
  try {
    return (thrown as Error | null)?.name === 'AbortError'
  } catch {
    return false
  }
}

/** Throws for a promise where a value is wanted at once; what it may reject with is let go. */
export function refusePromise(value: unknown): void {
  if (!isThenable(value)) return
  Promise.resolve(value).catch(() => {})
  throw new TypeError('it returned a promise; wanted the value at once')
}
