/** What became of the connections of a worker that was to hand them over. Plain data; types and one function. */

export interface MoveReport {
  /** Taken over by the new worker. */
  readonly moved: number
  /** Open when the move began, and those that came while it went on. */
  readonly total: number
  /** Left for the drain, by reason. */
  readonly stayed: Readonly<Record<string, number>>
  /** Nobody knows whether they were taken over: they were let go of. */
  readonly unanswered: number
  /** Why nothing more moves, or null: all that could move has moved. */
  readonly stopped: string | null
  readonly durationMs: number
  /** Until the last one had moved: what comes after it is waiting for those that could not. */
  readonly movingMs: number
}
