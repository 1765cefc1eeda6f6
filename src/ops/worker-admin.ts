/**
 * The admin port of one worker under a supervisor: a Unix socket in the folder of its supervisor, which nobody else can open. It
 * answers what is under `/debug/`, and is loaded by the worker, which knows only its path.
 *
 * Owned by the worker, which closes it before it exits.
 */
import { systemClock } from '../base/clock.ts'
import { type AdminServer, debugSourceOf } from './admin-embedded.ts'
import { AdminListener } from './admin-listener.ts'
import { readAdminOptions } from './admin-options.ts'
import { AdminRoutes } from './admin-routes.ts'
import { DebugRoutes } from './debug-routes.ts'

export async function openWorkerAdmin(server: AdminServer, path: string): Promise<{ close(): Promise<void> }> {
  // As they are at the port of the supervisor: whoever asks there waits no longer.
  const options = readAdminOptions('openWorkerAdmin()', {})
  const { answerTimeoutMs } = options
  const debug = new DebugRoutes({ clock: systemClock, answerTimeoutMs, source: debugSourceOf(server) })
  const listener = new AdminListener(options, new AdminRoutes(debug.routes), { path })
  const close = async (): Promise<void> => {
    debug.end()
    await listener.close()
  }
  try {
    await listener.open()
  } catch (thrown) {
    await close()
    throw thrown
  }
  return { close }
}
