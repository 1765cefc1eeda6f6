/**
 * Whether a server, or a supervisor with its workers, is alive and ready, and why not. `/healthz` and `/readyz` answer it: with reasons
 * as JSON for whoever may ask, otherwise with a word.
 *
 * Not alive means that a restart would help: the event loop does not turn, or the ledger does not balance. Ready means
 * that whoever connects now is let in. Functions; nothing to end.
 */
import { type AdminAnswer, answer } from '../admin-answer.ts'
import type { AdminRequest, AdminRoute } from '../admin-routes.ts'

/** One thing that is wrong. */
export interface HealthReason {
  readonly reason: string
  /** In words. Nothing of any client is in it. */
  readonly detail: string
  /** Which worker it is, under a supervisor. */
  readonly worker?: { readonly slot: number; readonly pid: number; readonly version: number }
}

export interface Health {
  readonly ok: boolean
  /** Empty when all is well; there may be some although it is ok: of a worker beside which others serve. */
  readonly reasons: readonly HealthReason[]
}

/** What answers for it. */
export interface HealthSource {
  alive(): Health
  ready(): Health
}

/** A reason in one line. */
export function inWords({ reason, detail, worker }: HealthReason): string {
  return `${worker === undefined ? '' : `worker ${worker.slot}: `}${reason}: ${detail}`
}

/** Why it is not ready, a line each; none: it is, although one of its workers may not be. */
export function hindrances(source: Pick<HealthSource, 'ready'>): string[] {
  const { ok, reasons } = source.ready()
  return ok ? [] : reasons.map(inWords)
}

/** The probes. `docs/reference/admin.md` is made from the tables of paths; these say the words. */
export function healthRoutes(source: HealthSource): AdminRoute[] {
  const probe = (path: string, look: () => Health, not: string): AdminRoute => ({
    ...{ method: 'GET', path, open: true },
    handler: (request) => probed(request, look(), not),
  })
  return [probe('/healthz', () => source.alive(), 'not healthy'), probe('/readyz', () => source.ready(), 'not ready')]
}

function probed({ trusted }: AdminRequest, { ok, reasons }: Health, not: string): AdminAnswer {
  const status = ok ? 200 : 503
  return trusted ? answer.json({ ok, reasons }, status) : answer.text(ok ? 'ok' : not, status)
}
