/**
 * What an admin port shows of a running server: its ledger, and the work in it.
 *
 * Made for one server; ends with `end()`. Nothing personal is in any answer: names from the code, routes, counts and ages.
 */
import type { Clock } from '../base/clock.ts'
import { Work } from '../diagnose/work/work.ts'
import type { ServerInternals } from '../server/internals.ts'
import { answer } from './admin-answer.ts'
import type { AdminRoute } from './admin-routes.ts'

/** Of a server, what is shown. */
export interface DebugSource {
  readonly internals: Pick<ServerInternals, 'work' | 'observe'>
  ledger(): object
  checkKernel(): Promise<object>
}

/** `docs/reference/admin.md` is made from it. */
export const DEBUG_PATHS = {
  '/debug/ledger': [
    'GET',
    'yes',
    'What began and ended, as JSON: `server.ledger()`. With `?kernel=1` also what the kernel says of the sockets, which reads the links of all descriptors.',
  ],
  '/debug/work': [
    'GET',
    'yes',
    'What connections hold and run, by route, kind and name, with its lines in the code, as JSON: timers, listeners, tasks; handlers that run, that are past their deadline, that have outlived their connection; and what was collected while it waited for what can never come.',
  ],
} as const satisfies Record<string, readonly [method: string, token: 'yes' | 'no', about: string]>

export class DebugRoutes {
  readonly routes: readonly AdminRoute[]
  readonly #work: Work

  constructor(source: DebugSource, clock: Clock) {
    this.#work = new Work(source.internals, () => clock.now())
    this.routes = [
      {
        ...{ method: 'GET', path: '/debug/ledger' },
        async handler({ query }) {
          const ledger = source.ledger()
          return answer.json(query.get('kernel') === '1' ? { ...ledger, kernel: await source.checkKernel() } : ledger)
        },
      },
      { method: 'GET', path: '/debug/work', handler: () => answer.json(this.#work.report()) },
    ]
  }

  end(): void {
    this.#work.end()
  }
}
