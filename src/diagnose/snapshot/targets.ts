/** Which objects of a snapshot are asked about. Plain data. */

export interface Targets {
  /** Node ids, as `HeapProfiler.getHeapObjectId` gives them. */
  readonly ids?: readonly number[]
  /** Instances of all classes of this name: what the snapshot calls the objects. */
  readonly className?: string
  /** Nodes of any type that bear the name. */
  readonly nodeName?: string
}

export interface GrowthOptions extends CausesOptions {
  /** Fewer more with each round are not told. Default 3. */
  readonly perRoundMin?: number
}

export interface CausesOptions {
  /** How many causes are told in full. Default 10. */
  readonly causesMax?: number
  /** For how many of them, from the first on, the retained bytes are computed; each takes one search. Default 5. */
  readonly retainedMax?: number
  /** Paths of files are shown relative to it. Default: absolute. */
  readonly folder?: string | null
  readonly signal?: AbortSignal
}
