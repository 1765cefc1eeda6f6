/**
 * Waiting in tests: every wait has a deadline and says what it waited for.
 */

const DEADLINE_MS = 10_000

/** A promise and the ways to settle it. */
export interface Deferred<Value> {
  readonly promise: Promise<Value>
  resolve(value: Value): void
  reject(reason: unknown): void
}

export function deferred<Value = void>(): Deferred<Value> {
  let resolve: (value: Value) => void = () => {}
  let reject: (reason: unknown) => void = () => {}
  const promise = new Promise<Value>((fulfil, fail) => {
    resolve = fulfil
    reject = fail
  })
  return { promise, resolve, reject }
}

/** What `promise` resolves to, or a failure that names `what` when it takes too long. */
export async function within<Value>(what: string, promise: Promise<Value>, deadlineMs = DEADLINE_MS): Promise<Value> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, fail) => {
    timer = setTimeout(() => fail(new Error(`waited ${deadlineMs} ms for ${what}`)), deadlineMs)
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}

/** Waits until `holds` says so. For states that nobody announces; where there is an event, await that. */
export async function until(what: string, holds: () => boolean, deadlineMs = DEADLINE_MS): Promise<void> {
  const latest = Date.now() + deadlineMs
  while (!holds()) {
    if (Date.now() > latest) throw new Error(`waited ${deadlineMs} ms until ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
}

/** One turn of the event loop, with everything that was ready in it. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
