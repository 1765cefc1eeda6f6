/**
 * The admin port of a supervisor, with its console. Owned by whoever opened it; ends with `close()`, as every admin port.
 */
import { systemClock } from '../base/clock.ts'
import type { Supervisor } from '../rollout/supervisor.ts'
import { type AdminPort, openAdmin } from './admin-listener.ts'
import type { AdminOptionsInput } from './admin-options.ts'
import { supervisorSource } from './live/supervisor-source.ts'
import type { SupervisorMetrics } from './metrics/supervisor-metrics.ts'
import { supervisorRoutes } from './supervisor-routes.ts'

/** @throws HoldfastError HF_OPTION_INVALID, HF_ADMIN_TOKEN, HF_PORT_IN_USE */
export function openSupervisorAdmin(
  supervisor: Supervisor,
  metrics: SupervisorMetrics,
  options: AdminOptionsInput,
): Promise<AdminPort> {
  const live = supervisorSource(supervisor, systemClock, () => metrics.gone)
  return openAdmin({ ...options, routes: supervisorRoutes(supervisor, metrics) }, { live })
}
