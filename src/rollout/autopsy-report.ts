/** What was still alive in a worker that had handed over everything and ended it. Plain data. */

export interface AutopsyReport {
  /** `clean`: nothing was left. `leak`: something was. `unknown`: it could not be looked at. */
  readonly verdict: 'clean' | 'leak' | 'unknown'
  /** One line for people. */
  readonly sentence: string
  /** What was over and still held, by kind and route. */
  readonly left: readonly { readonly kind: string; readonly route: string; readonly count: number }[]
  /** What the doctor has found, as `holdfast doctor --json` prints it; null when a count is all there is. */
  readonly finding: object | null
  readonly tookMs: number
}

/** With where it comes from. */
export interface KeptAutopsy extends AutopsyReport {
  readonly slot: number
  readonly pid: number
  readonly generation: number
  /** Milliseconds since 1970. */
  readonly at: number
}
