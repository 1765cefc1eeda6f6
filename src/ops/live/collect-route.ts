/**
 * `POST /debug/collect`: has garbage collected, so that what is left is what something keeps. A function; nothing to end.
 */
import type { Census } from '../../diagnose/census/census.ts'
import { answer } from '../admin-answer.ts'
import type { AdminRoute } from '../admin-routes.ts'

export const COLLECT_PATH = '/debug/collect'

/** `docs/reference/admin.md` is made from it. */
export const COLLECT_PATHS = {
  [COLLECT_PATH]: [
    'POST',
    'yes',
    'Takes a census now, as `/debug/census?gc=1` does: collects garbage twice, which stops the process for about `estimateMs` each time, and answers with how long it stopped, memory before and after, and the census, as JSON.',
  ],
} as const satisfies Record<string, readonly [method: string, token: 'yes' | 'no', about: string]>

/** What collecting has changed. */
export interface Collected {
  readonly pausesMs: number
  readonly heapUsedBeforeBytes: number
  readonly heapUsedAfterBytes: number
  readonly rssBeforeBytes: number
  readonly rssAfterBytes: number
  readonly retained: number
}

export function collectRoute(census: Census): AdminRoute {
  return {
    ...{ method: 'POST', path: COLLECT_PATH },
    async handler() {
      const before = process.memoryUsage()
      const { pausesMs, retained } = await census.take()
      const after = process.memoryUsage()
      const collected: Collected = {
        pausesMs: Math.round(pausesMs),
        ...{ heapUsedBeforeBytes: before.heapUsed, heapUsedAfterBytes: after.heapUsed },
        ...{ rssBeforeBytes: before.rss, rssAfterBytes: after.rss },
        retained: retained.reduce((sum, { count }) => sum + count, 0),
      }
      return answer.json(collected)
    },
  }
}
