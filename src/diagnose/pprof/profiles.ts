/**
 * The profiles of one process, for whoever answers requests for them. Owned by whoever made it, an admin port say; ends with
 * `end()`: nothing samples any more, and who waits for a profile is refused.
 */
import type { Clock } from '../../base/clock.ts'
import { CpuProfile } from './cpu-profile.ts'
import { HeapProfile } from './heap-profile.ts'
import { SourceMaps } from './source-maps.ts'

export interface ProfilesOptions {
  readonly clock: Clock
  /** How many bytes are allocated between two samples, on average. */
  readonly intervalBytes?: number
}

export class Profiles {
  readonly clock: Clock
  readonly heap: HeapProfile
  readonly cpu: CpuProfile

  constructor({ clock, intervalBytes }: ProfilesOptions) {
    const maps = new SourceMaps(clock)
    this.clock = clock
    this.heap = new HeapProfile({ clock, maps, ...(intervalBytes === undefined ? {} : { intervalBytes }) })
    this.cpu = new CpuProfile({ clock, maps })
  }

  end(): void {
    this.heap.end()
    this.cpu.end()
  }
}
