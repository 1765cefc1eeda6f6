/**
 * The admin port of one worker under a supervisor: a Unix socket in the folder of its supervisor, which nobody else can open. It
 * answers what is under `/debug/`, and is loaded by the worker, which knows only its path.
 *
 * Owned by the worker, which closes it before it exits.
 */
import { systemClock } from '../base/clock.ts'
import type { AutopsyReport } from '../rollout/autopsy-report.ts'
import { type AdminServer, debugSourceOf } from './admin-embedded.ts'
import { AdminListener } from './admin-listener.ts'
import { readAdminOptions } from './admin-options.ts'
import { AdminRoutes } from './admin-routes.ts'
import { DebugRoutes } from './debug-routes.ts'
import { lasting, type MetricFigures } from './metrics/figures.ts'
import { autopsy } from './worker-autopsy.ts'

/** What a worker has of it. */
export interface WorkerAdmin {
  /** Looks at what is left of what has ended. To be called when everything has. */
  autopsy(withinMs: number): Promise<AutopsyReport>
  /** Resolves with the last figures that can be added to those of other workers. */
  close(): Promise<MetricFigures>
}

export async function openWorkerAdmin(server: AdminServer, path: string): Promise<WorkerAdmin> {
  // As they are at the port of the supervisor: whoever asks there waits no longer.
  const options = readAdminOptions('openWorkerAdmin()', {})
  const { answerTimeoutMs } = options
  const debug = new DebugRoutes({ clock: systemClock, answerTimeoutMs, source: debugSourceOf(server) })
  const listener = new AdminListener(options, new AdminRoutes(debug.routes), { path })
  const close = async (): Promise<MetricFigures> => {
    debug.end()
    await listener.close()
    return lasting(await debug.metrics.ofServer())
  }
  try {
    await listener.open()
  } catch (thrown) {
    await close()
    throw thrown
  }
  return {
    autopsy(withinMs) {
      const { census } = debug
      if (census !== null) return autopsy(census, systemClock, withinMs)
      const sentence = 'the app has a server of another version of this library'
      return Promise.resolve({ verdict: 'unknown', sentence, left: [], finding: null, tookMs: 0 })
    },
    close,
  }
}
