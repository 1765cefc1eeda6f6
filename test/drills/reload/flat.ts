/**
 * Memory over many reloads: of the supervisor, which lives through all of them, and of the newest worker, at equal load. What is left
 * after a collection, and what the kernel counts, must not grow with the number of reloads.
 *
 * A line is laid through the samples behind the first half or so (a process takes some memory while it warms up), and the upper end of its confidence interval is
 * what is judged (src/diagnose/soak/slope.ts): not proven to be flat counts as growing.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { slopeOf } from '../../../src/diagnose/soak/slope.ts'
import { atMost, type Verdict } from '../verdict.ts'
import type { Fleet, FleetOptions } from './fleet.ts'
import { drillReload, type ReloadOptions } from './reload.ts'

const HEAP_ON_SIGNAL = new URL('heap-on-signal.js', import.meta.url).href
const KIB = 1024

export interface FlatOptions {
  readonly reloads: number
  /** Samples that are left out. */
  readonly warmUp: number
  readonly pauseMs: number
  /** For each reload, in KiB. */
  readonly heapMost: number
  readonly rssMost: number
  readonly clients: ReloadOptions
}

interface Sample {
  readonly heapBytes: number
  readonly rssBytes: number
}

/** What a supervisor has to be started with. @param hoardBytes control: so much is kept with each reload */
export function flatFleet(hoardBytes = 0): Pick<FleetOptions, 'env'> {
  return { env: { NODE_OPTIONS: `--import=${HEAP_ON_SIGNAL}`, DRILL_HOARD_BYTES: String(hoardBytes) } }
}

async function sampleOf(fleet: Fleet, pid: number): Promise<Sample> {
  const before = fleet.run.all('heap').length
  process.kill(pid, 'SIGUSR2')
  const { heapBytes, rssBytes } = await fleet.run.event('heap', before)
  return { heapBytes: Number(heapBytes), rssBytes: Number(rssBytes) }
}

export async function drillFlat(fleet: Fleet, path: string, options: FlatOptions): Promise<Verdict> {
  const samples = { supervisor: [] as Sample[], worker: [] as Sample[] }
  const act = async () => {
    for (let done = 0; done < options.reloads; done++) {
      await fleet.reload()
      await pause(options.pauseMs)
      samples.supervisor.push(await sampleOf(fleet, fleet.run.pid))
      samples.worker.push(await sampleOf(fleet, fleet.run.serving[0] ?? 0))
    }
    return { checks: [], numbers: {} }
  }
  const clients = await drillReload(options.clients, { url: `${fleet.url}${path}`, act })
  const grown = (of: readonly Sample[], what: keyof Sample, name: string, most: number) => {
    const values = of.slice(options.warmUp).map((sample) => sample[what] / KIB)
    const { slope, high } = slopeOf([...values.keys()], values)
    return [
      atMost(`${name} grows with each reload by at most`, high, most, ' KiB'),
      { slope: Math.round(slope * 100) / 100, all: of.map((sample) => Math.round(sample[what] / KIB)) },
    ] as const
  }
  const { supervisor, worker } = samples
  const looked = {
    supervisorHeapKiB: grown(supervisor, 'heapBytes', 'heap of the supervisor', options.heapMost),
    supervisorRssKiB: grown(supervisor, 'rssBytes', 'RSS of the supervisor', options.rssMost),
    workerHeapKiB: grown(worker, 'heapBytes', 'heap of the newest worker', options.heapMost),
    workerRssKiB: grown(worker, 'rssBytes', 'RSS of the newest worker', options.rssMost),
  }
  return {
    drill: 'reload: memory',
    checks: [...Object.values(looked).map(([check]) => check), ...clients.checks],
    numbers: Object.fromEntries(Object.entries(looked).map(([name, [, numbers]]) => [name, numbers])),
  }
}
