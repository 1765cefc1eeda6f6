/**
 * What an admin port shows of a running server: its ledger, the work in it, and what happened to its connections.
 *
 * Made for one server; ends with `end()`. Nothing personal is in any answer: names from the code, routes, ids, counts and times.
 */
import type { Clock } from '../base/clock.ts'
import type { StateName } from '../connection/state.ts'
import { LIST_MAX, type TimelineSource, Timelines } from '../diagnose/timeline/timelines.ts'
import { Work } from '../diagnose/work/work.ts'
import type { ServerInternals } from '../server/internals.ts'
import { type AdminAnswer, answer } from './admin-answer.ts'
import type { AdminRoute } from './admin-routes.ts'

/** Of a server, what is shown. */
export interface DebugSource {
  readonly internals: Pick<ServerInternals, 'work' | 'observe'> & TimelineSource
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
  '/debug/connections': [
    'GET',
    'yes',
    'Connections, as JSON: counts first, then those that are there, newest first, then the last 1,000 that ended since the port was opened, latest first, each with the reason in words. `?route=`, `?state=` (`open`, `draining`, `closing`, `moving`; `closed` and `moved` for the ended), `?limit=` of each (100; at most 1,000). Nothing of any client is in it.',
  ],
  '/debug/connections/:id': [
    'GET',
    'yes',
    'One of them with its timeline: first message in and out, reading paused, slow reader, drops, handlers that failed or were overdue, moves, how it ended; 404 when it is not known, any more or here.',
  ],
} as const satisfies Record<string, readonly [method: string, token: 'yes' | 'no', about: string]>

const STATES: readonly StateName[] = ['open', 'draining', 'closing', 'moving', 'closed', 'moved']
const LIMIT = 100

export class DebugRoutes {
  readonly routes: readonly AdminRoute[]
  readonly #work: Work
  readonly #timelines: Timelines

  constructor(source: DebugSource, clock: Clock) {
    this.#work = new Work(source.internals, () => clock.now())
    this.#timelines = new Timelines(source.internals)
    this.routes = [
      {
        ...{ method: 'GET', path: '/debug/ledger' },
        async handler({ query }) {
          const ledger = source.ledger()
          return answer.json(query.get('kernel') === '1' ? { ...ledger, kernel: await source.checkKernel() } : ledger)
        },
      },
      { method: 'GET', path: '/debug/work', handler: () => answer.json(this.#work.report()) },
      { method: 'GET', path: '/debug/connections', handler: ({ query }) => this.#list(query) },
      { method: 'GET', path: '/debug/connections/:id', handler: ({ params }) => this.#one(params.id ?? '') },
    ]
  }

  end(): void {
    this.#work.end()
    this.#timelines.end()
  }

  #list(query: URLSearchParams): AdminAnswer {
    const { route, state, limit = String(LIMIT) } = Object.fromEntries(query)
    if (state !== undefined && !isState(state)) return answer.text(`wanted a state of: ${STATES.join(', ')}`, 400)
    const most = /^\d{1,4}$/.test(limit) ? Number(limit) : 0
    if (most < 1 || most > LIST_MAX) return answer.text(`wanted a limit from 1 to ${LIST_MAX}`, 400)
    return answer.json(this.#timelines.list({ route, state, limit: most }))
  }

  #one(id: string): AdminAnswer {
    const report = this.#timelines.one(id)
    return report === null
      ? answer.text('no connection with this id is here, or ended lately', 404)
      : answer.json(report)
  }
}

function isState(text: string): text is StateName {
  return (STATES as readonly string[]).includes(text)
}
