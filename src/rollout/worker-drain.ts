/**
 * The drain of a worker's server: how long it may take, and the drain itself. What the supervisor was told goes before what the app
 * says of its server, so that whoever runs it can fit it into the time it has. Functions; nothing to end.
 */
import type { DrainReport } from '../server/drain-report.ts'
import type { ServedServer } from './served-server.ts'

/** Null: as the server of the app has it. */
export interface DrainTimes {
  readonly windowMs: number | null
  readonly timeoutMs: number | null
}

/** How much longer than its own deadlines ending may take. */
const MARGIN_MS = 5_000

/** After so long a worker that was told to drain has gone, or is ended. */
export function drainMsOf({ options }: Pick<ServedServer, 'options'>, { timeoutMs }: DrainTimes): number {
  return (timeoutMs ?? options.drainTimeoutMs) + options.closeTimeoutMs + MARGIN_MS
}

/** Null when the app closes its server itself. */
export async function drained(
  server: Pick<ServedServer, 'drain'>,
  { windowMs, timeoutMs }: DrainTimes,
  retryAfterMs: readonly [number, number] | null,
): Promise<DrainReport | null> {
  try {
    return await server.drain({
      ...(windowMs !== null && { windowMs }),
      ...(timeoutMs !== null && { timeoutMs }),
      ...(retryAfterMs !== null && { retryAfterMs: [...retryAfterMs] }),
    })
  } catch {
    return null
  }
}
