/** `/debug/look`: what one process says of itself for the console, and how its supervisor asks it. Functions; nothing to end. */
import type { MemoryHistory } from '../../diagnose/memory/history.ts'
import type { MemoryRow } from '../../diagnose/memory/memory-row.ts'
import { answer } from '../admin-answer.ts'
import type { AdminRoute } from '../admin-routes.ts'
import type { ProcessLooker } from './process-looker.ts'
import type { ProcessLook } from './wire.ts'

export const LOOK_PATH = '/debug/look'

/** `docs/reference/admin.md` is made from it. */
export const LOOK_PATHS = {
  [LOOK_PATH]: [
    'GET',
    'yes',
    'What the console shows of one process, as JSON: ledger, work, the last census, event loop, memory. What costs much is read rarely, so that asking once a second takes less than a hundredth of a core. With `?hour=1` also the last hour of memory.',
  ],
} as const satisfies Record<string, readonly [method: string, token: 'yes' | 'no', about: string]>

export interface LookAnswer {
  readonly look: ProcessLook
  /** Only when it was asked for. */
  readonly lastHour?: readonly MemoryRow[]
}

export function lookRoute(looker: ProcessLooker, history: MemoryHistory): AdminRoute {
  return {
    ...{ method: 'GET', path: LOOK_PATH },
    async handler({ query }) {
      const given: LookAnswer = {
        look: await looker.look(),
        ...(query.get('hour') === '1' && { lastHour: history.rows() }),
      }
      return answer.json(given)
    },
  }
}
