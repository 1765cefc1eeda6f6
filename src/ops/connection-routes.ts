/** `/debug/connections` of an admin port: what happened to connections. Functions over what keeps it; nothing to end. */
import type { StateName } from '../connection/state.ts'
import { LIST_MAX, type Timelines } from '../diagnose/timeline/timelines.ts'
import { type AdminAnswer, answer } from './admin-answer.ts'
import type { AdminRoute } from './admin-routes.ts'

const STATES: readonly StateName[] = ['open', 'draining', 'closing', 'moving', 'closed', 'moved']
const LIMIT = 100
const OFFSET_MAX = 10_000_000
const SEARCH_MAX = 100

export function connectionRoutes(timelines: Timelines): AdminRoute[] {
  return [
    { method: 'GET', path: '/debug/connections', handler: ({ query }) => list(timelines, query) },
    { method: 'GET', path: '/debug/connections/:id', handler: ({ params }) => one(timelines, params.id ?? '') },
  ]
}

function list(timelines: Timelines, query: URLSearchParams): AdminAnswer {
  const { route, state, search, limit = String(LIMIT), offset = '0' } = Object.fromEntries(query)
  if (state !== undefined && !isState(state)) return answer.text(`wanted a state of: ${STATES.join(', ')}`, 400)
  const most = /^\d{1,4}$/.test(limit) ? Number(limit) : 0
  if (most < 1 || most > LIST_MAX) return answer.text(`wanted a limit from 1 to ${LIST_MAX}`, 400)
  const skipped = /^\d{1,8}$/.test(offset) ? Number(offset) : -1
  if (skipped < 0 || skipped > OFFSET_MAX) return answer.text(`wanted an offset from 0 to ${OFFSET_MAX}`, 400)
  if (search !== undefined && search.length > SEARCH_MAX)
    return answer.text(`wanted a search of at most ${SEARCH_MAX} characters`, 400)
  return answer.json(timelines.list({ route, state, search, offset: skipped, limit: most }))
}

function one(timelines: Timelines, id: string): AdminAnswer {
  const report = timelines.one(id)
  return report === null ? answer.text('no connection with this id is here, or ended lately', 404) : answer.json(report)
}

function isState(text: string): text is StateName {
  return (STATES as readonly string[]).includes(text)
}
