/**
 * Where the soak reads the memory of its target: RSS, a heap after a collection, a profile, a metric. Each way is one source.
 *
 * Owned by the soak's caller; ends with `end()`, which every source may be asked more than once.
 */

/** `heap`: what lives, as its language counts it. `rss`: what the process has of the machine, for whatever reason. */
export type MemoryKind = 'heap' | 'rss'

/** What a source reads each time, in the order of its samples. */
export interface MemorySeries {
  /** For people: `heap after collection`, `RSS`, `go_memstats_heap_inuse_bytes`. */
  readonly name: string
  readonly kind: MemoryKind
  /** Without garbage: a collection goes before each sample. Otherwise samples go up and down by what is not collected yet. */
  readonly isCollected: boolean
}

export interface MemorySource {
  /** What it looks at, for people: `process 123 (Node)`. */
  readonly name: string
  readonly series: readonly MemorySeries[]
  /** Bytes, one for each of the series. @throws HoldfastError HF_SOAK_FAILED when the target is gone or does not answer */
  sample(): Promise<readonly number[]>
  /** Where what has come since sample number `from` was allocated, greatest first, for sources that know. */
  grown?(from: number): readonly GrownAt[]
  end(): Promise<void>
}

export interface GrownAt {
  /** A function and its line: `main.remember (main.go:40)`. */
  readonly place: string
  readonly bytes: number
}

/** Several as one: their series one after the other. */
export function allSources(sources: readonly MemorySource[]): MemorySource {
  return {
    name: sources.map(({ name }) => name).join(', '),
    series: sources.flatMap(({ series }) => series),
    async sample() {
      const samples: number[] = []
      for (const source of sources) samples.push(...(await source.sample()))
      return samples
    },
    grown: (from) => sources.flatMap((source) => source.grown?.(from) ?? []),
    async end() {
      for (const source of sources) await source.end()
    },
  }
}
