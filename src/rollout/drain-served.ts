/** Drains the server of an app, in its worker. A function; it ends with the drain. */
import type { DrainReport } from '../server/drain-report.ts'
import type { ServedServer } from './served-server.ts'

/** Null when the app closes its server itself. */
export async function drainServed(
  server: ServedServer,
  retryAfterMs: readonly [number, number] | null,
): Promise<DrainReport | null> {
  try {
    return await server.drain(retryAfterMs === null ? {} : { retryAfterMs: [...retryAfterMs] })
  } catch {
    return null
  }
}
