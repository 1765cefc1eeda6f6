/** Does what runs in a pod fit into its limit of memory? The sum of docs/guides/kubernetes.md, over what the manifests say. Pure. */
import { readFlags } from '../../../src/cli/flags.ts'
import { RUN } from '../../../src/cli/run.ts'
import { type Manifest, one } from './manifests.ts'

export const SUPERVISOR_MIB = 70
export const BESIDE_HEAP_MIB = 100

export interface Memory {
  readonly workers: number
  readonly heapMiB: number
  /** With the one worker more that there is while one is replaced. */
  readonly wantedMiB: number
  readonly limitMiB: number
}

export function memoryOf(manifests: readonly Manifest[]): Memory {
  const [{ args, resources }] = one(manifests, 'Deployment').spec.template.spec.containers
  const given = readFlags(args.slice(1), RUN.flags, 'run')
  const workers = given.number('workers') ?? 1
  const heapMiB = given.number('max-old-space-size') ?? Number.NaN
  const wantedMiB = SUPERVISOR_MIB + (workers + 1) * (heapMiB + BESIDE_HEAP_MIB)
  return { workers, heapMiB, wantedMiB, limitMiB: mebibytes(resources.limits.memory) }
}

/** What does not fit, in words. */
export function memoryProblems(manifests: readonly Manifest[]): string[] {
  const { wantedMiB, limitMiB } = memoryOf(manifests)
  // Written so that what is not there, NaN, is a problem as well.
  return limitMiB >= wantedMiB ? [] : [`limit ${limitMiB} MiB, wanted ${wantedMiB} MiB`]
}

function mebibytes(quantity: string): number {
  const [, number, unit] = /^([\d.]+)(Mi|Gi)$/.exec(quantity) ?? []
  return Number(number) * (unit === 'Gi' ? 1_024 : 1)
}
