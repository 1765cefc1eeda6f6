/**
 * The health of a supervisor: what it knows itself, and what its workers have told it in the last second. A worker that is silent is stuck:
 * nobody has to be asked, and nobody waited for. Functions; nothing to end.
 */
import type { RolloutStatus, WorkerStatus } from '../../rollout/rollout-status.ts'
import type { HealthReason, HealthSource } from './health.ts'
import { ledgerReasons } from './server-health.ts'

/** A worker says something once a second. Silent for so many looks of its supervisor, which are a second apart, it is stuck. */
export const QUIET_LOOKS_MAX = 5

export interface HealthSupervisor {
  readonly ready: boolean
  status(): RolloutStatus
}

/** Does a worker that serves in this slot let in who comes? */
export function readySlot({ workers }: Pick<RolloutStatus, 'workers'>, slot: number): boolean {
  return workers.some((worker) => worker.slot === slot && serves(worker) && takes(worker))
}

export function supervisorHealth(supervisor: HealthSupervisor): HealthSource {
  return {
    alive() {
      const reasons = supervisor
        .status()
        .workers.flatMap((worker) => named(worker, [...silence(worker), ...ledgerReasons(worker.imbalances)]))
      return { ok: reasons.length === 0, reasons }
    },
    ready() {
      const { state, workers, givenUp } = supervisor.status()
      if (state === 'starting') return not('starting', 'not all workers have served yet')
      if (state === 'draining' || state === 'ended') return not('draining', 'it was told to end')
      const serving = workers.filter(serves)
      const reasons = [
        ...serving.flatMap((worker) => named(worker, [...silence(worker), ...worker.notReady])),
        ...workers.filter((worker) => !serves(worker)).flatMap((worker) => named(worker, [stateOf(worker)])),
        ...givenUp.map(({ slot, reason }) => ({ reason: 'given up', detail: `worker ${slot}: ${firstLine(reason)}` })),
      ]
      const ok = supervisor.ready && serving.some(takes)
      if (serving.length === 0) reasons.unshift({ reason: 'no worker', detail: 'no worker takes connections now' })
      return { ok, reasons }
    },
  }
}

export function serves({ state }: Pick<WorkerStatus, 'state'>): boolean {
  return state === 'serving' || state === 'moving'
}

function takes(worker: WorkerStatus): boolean {
  return silence(worker).length === 0 && worker.notReady.length === 0
}

function not(reason: string, detail: string) {
  return { ok: false, reasons: [{ reason, detail }] }
}

/** Only of those that serve: one that starts has a deadline for it, and one that ends is looked at in silence. */
function silence(worker: WorkerStatus): HealthReason[] {
  if (!serves(worker) || worker.quietLooks < QUIET_LOOKS_MAX) return []
  return [{ reason: 'stuck', detail: `its event loop has not turned for about ${worker.quietLooks} s` }]
}

function stateOf({ state }: WorkerStatus): HealthReason {
  return { reason: state === 'draining' ? 'draining' : 'starting', detail: `it is ${state}` }
}

function named({ slot, pid, generation }: WorkerStatus, reasons: readonly HealthReason[]): HealthReason[] {
  return reasons.map((reason) => ({ ...reason, worker: { slot, pid, version: generation } }))
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? ''
}
