/**
 * `/debug/pprof/` on an admin port: mounts what src/diagnose/pprof answers. The routes hold nothing; the profiles they ask are owned by
 * whoever mounts them, and end with the port.
 */
import { refuseUnknown, wrongArgument } from '../base/options.ts'
import { isRefused } from '../diagnose/pprof/plain-profile.ts'
import { PPROF_PATH, PPROF_PROFILES, pprofHandlers } from '../diagnose/pprof/pprof-routes.ts'
import type { Profiles } from '../diagnose/pprof/profiles.ts'
import type { TaskSample } from '../diagnose/pprof/tasks-profile.ts'
import { answer } from './admin-answer.ts'
import { refuseElsewhere } from './admin-guard.ts'
import type { AdminRoute } from './admin-routes.ts'

export interface PprofOptions {
  /** Samples the heap from now on, so that the first request for it sees all since now. */
  readonly heapFromStart?: boolean
}

export interface PprofSources {
  /** What is under way, for the profile `tasks`; without it there is none. */
  readonly tasks?: () => readonly TaskSample[]
}

/** The answer has to be there before its connection is hung up on. */
const MARGIN_MS = 5_000
const SECONDS_MAX = 300
/** With this header `go tool pprof` shows the line, without it only the status. */
const REFUSED = { 'X-Go-Pprof': '1' }

/** The paths below `/debug/pprof/`, for the reference. */
export const PPROF_PATHS = {
  [PPROF_PATH]: ['GET', 'yes', 'A page that lists the profiles and what each costs.'],
  [`${PPROF_PATH}heap`]: ['GET', 'yes', told('heap')],
  [`${PPROF_PATH}allocs`]: ['GET', 'yes', told('allocs')],
  [`${PPROF_PATH}profile`]: ['GET', 'yes', told('profile')],
  [`${PPROF_PATH}tasks`]: ['GET', 'yes', told('tasks')],
} as const satisfies Record<string, readonly [method: string, token: 'yes' | 'no', about: string]>

/** @param answerTimeoutMs of the port: nothing moves on the connection while a profile is taken */
export function pprofRoutes(profiles: Profiles, { tasks }: PprofSources, answerTimeoutMs: number): AdminRoute[] {
  const secondsMax = Math.min(SECONDS_MAX, Math.max(1, Math.floor((answerTimeoutMs - MARGIN_MS) / 1000)))
  const sources = { secondsMax, ...(tasks === undefined ? {} : { tasks }) }
  return pprofHandlers(profiles, sources).map(({ path, handle }) => ({
    ...{ method: 'GET', path },
    async handler({ query, signal, fromElsewhere }) {
      if (path !== PPROF_PATH) refuseElsewhere({ fromElsewhere })
      const given = await handle(query, signal)
      return isRefused(given) ? answer.text(given.line, given.refused, REFUSED) : answer.bytes(given.bytes, given.type)
    },
  }))
}

/** @throws HoldfastError HF_OPTION_UNKNOWN, HF_OPTION_INVALID */
export function readPprofOptions(where: string, given: PprofOptions): PprofOptions {
  const isObject = typeof given === 'object' && given !== null
  if (!isObject) throw wrongArgument(where, 'pprof', given, 'an object')
  for (const name of Object.keys(given)) refuseUnknown(`${where}: pprof`, name, ['heapFromStart'])
  const { heapFromStart = false } = given
  if (typeof heapFromStart !== 'boolean') {
    throw wrongArgument(where, 'pprof.heapFromStart', heapFromStart, 'true or false')
  }
  return given
}

function told(name: keyof typeof PPROF_PROFILES): string {
  return `${PPROF_PROFILES[name].about} ${PPROF_PROFILES[name].cost}`
}
