/**
 * Has a pod the time that it takes to leave? What the manifests say, added up with what the supervisor itself counts with. Pure.
 */
import { readFlags } from '../../../src/cli/flags.ts'
import { RUN } from '../../../src/cli/run.ts'
import { drainMsOf } from '../../../src/rollout/worker-drain.ts'
import { SERVER_OPTIONS } from '../../../src/server/server-options.ts'
import { type Manifest, one } from './manifests.ts'

/** For a node that is busy. */
const RESERVE_SECONDS = 5
/** closeTimeoutMs of an app that does not say otherwise, in seconds. */
export const CLOSE_SECONDS: number = SERVER_OPTIONS.closeTimeoutMs.default / 1_000

export interface Leaving {
  readonly graceSeconds: number
  readonly preStopSeconds: number
  readonly windowSeconds: number
  readonly timeoutSeconds: number
}

export function leavingOf(manifests: readonly Manifest[]): Leaving {
  const { terminationGracePeriodSeconds, containers } = one(manifests, 'Deployment').spec.template.spec
  const [{ args, lifecycle }] = containers
  // As the command itself reads them: one that it does not know throws.
  const given = readFlags(args.slice(1), RUN.flags, 'run')
  return {
    graceSeconds: terminationGracePeriodSeconds,
    preStopSeconds: lifecycle.preStop.sleep.seconds,
    windowSeconds: (given.duration('drain-window') ?? Number.NaN) / 1_000,
    timeoutSeconds: (given.duration('drain-timeout') ?? Number.NaN) / 1_000,
  }
}

/** What does not add up, in words. */
export function graceProblems(manifests: readonly Manifest[]): string[] {
  const { graceSeconds, preStopSeconds, windowSeconds, timeoutSeconds } = leavingOf(manifests)
  const options = { closeTimeoutMs: SERVER_OPTIONS.closeTimeoutMs.default } as never
  const drainSeconds = drainMsOf({ options }, { windowMs: null, timeoutMs: timeoutSeconds * 1_000 }) / 1_000
  const wanted = preStopSeconds + drainSeconds + RESERVE_SECONDS
  const { scaleDown } = one(manifests, 'HorizontalPodAutoscaler').spec.behavior
  const problems: string[] = []
  // Written so that what is not there, NaN, is a problem as well.
  if (!(graceSeconds >= wanted)) problems.push(`grace ${graceSeconds} s, wanted ${wanted} s`)
  if (!(windowSeconds <= timeoutSeconds)) problems.push(`window ${windowSeconds} s within ${timeoutSeconds} s`)
  if (!(preStopSeconds >= 5)) problems.push(`preStop ${preStopSeconds} s`)
  for (const { periodSeconds, value, type } of scaleDown.policies) {
    if (type !== 'Pods' || value !== 1) problems.push('more than one pod leaves at a time')
    if (!(periodSeconds >= graceSeconds)) problems.push(`scaled down every ${periodSeconds} s, grace ${graceSeconds} s`)
  }
  if (!(scaleDown.stabilizationWindowSeconds >= 300)) problems.push('scaled down in a hurry')
  return problems
}
