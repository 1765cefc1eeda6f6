/**
 * The onion around the upgrade: each middleware wraps those after it, the route's `upgrade` is the heart.
 * Pure: owns nothing beyond the call.
 */
import { HoldfastError } from '../base/errors.ts'
import type { UpgradeRequest } from './upgrade-request.ts'

/**
 * Wraps the upgrade: may wait, look at the request, throw `reject()`, and sees what `upgrade` returned. Must call `next`
 * exactly once and return what it returned (or something else, which then becomes connection.data).
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
    const result = await layer(request, () => {
      calls++
      if (calls > 1) return Promise.reject(wrong('called next() twice'))
      return run(index + 1)
    })
    if (calls === 0) throw wrong('returned without calling next()')
    return result
  }
  return run(0)
}

function wrong(problem: string): HoldfastError {
  return new HoldfastError('HF_MIDDLEWARE_NEXT', { problem })
}
