/**
 * The onion around the upgrade: each middleware wraps those after it, the route's `upgrade` is the heart.
 * Pure: owns nothing beyond the call.
 */
import { HoldfastError } from '../base/errors.ts'
import { isRefusal } from './refusal.ts'
import type { UpgradeRequest } from './upgrade-request.ts'

/**
 * Wraps the upgrade: may wait, look at the request, throw `reject()`, and sees what `upgrade` returned. Must call `next`
 * exactly once. What it returns becomes connection.data; when it returns nothing, what `next` gave does. A refusal further in
 * stands, also when it is caught here.
 */
export type Middleware = (request: UpgradeRequest, next: () => Promise<unknown>) => unknown

/**
 * Runs the middleware around `heart`, outermost first.
 *
 * @throws HoldfastError HF_MIDDLEWARE_NEXT when one neither called `next` once nor threw
 */
export async function runOnion(
  middleware: readonly Middleware[],
  request: UpgradeRequest,
  heart: () => unknown,
): Promise<unknown> {
  const run = async (index: number): Promise<unknown> => {
    const layer = middleware[index]
    if (layer === undefined) return heart()
    let calls = 0
    let inner: Promise<unknown> = Promise.resolve()
    const next = (): Promise<unknown> => {
      calls++
      if (calls === 1) inner = run(index + 1)
      // Heard here as well, for a layer that never looks: it must not become an unhandled rejection.
      inner.catch(() => {})
      return inner
    }
    const result = await layer(request, next)
    if (isRefusal(result)) throw result
    if (calls === 0) throw wrong('returned without calling next()')
    if (calls > 1) throw wrong('called next() twice')
    // Also when the layer did not wait, or caught what came: a refusal further in stands.
    const passed = await inner
    return result === undefined ? passed : result
  }
  return run(0)
}

function wrong(problem: string): HoldfastError {
  return new HoldfastError('HF_MIDDLEWARE_NEXT', { problem })
}
