/** The health of one server in its own process. Functions over what it says of itself; nothing to end. */
import { wrongArgument } from '../../base/options.ts'
import { INTERNALS, type ReadyCheck, type ServerInternals } from '../../server/internals.ts'
import type { HealthReason, HealthSource } from './health.ts'

export interface HealthServer {
  readonly ready: boolean
  ledger(): object
  readonly [INTERNALS]?: ServerInternals
}

export function serverHealth(server: HealthServer): HealthSource {
  return {
    alive() {
      const { imbalances = [] } = server.ledger() as { readonly imbalances?: readonly string[] }
      return { ok: imbalances.length === 0, reasons: ledgerReasons(imbalances) }
    },
    ready() {
      const internals = server[INTERNALS]
      // What is no server of ours has one word for it.
      const unknown = server.ready ? [] : [{ reason: 'starting', detail: 'it does not say why' }]
      const reasons = internals?.notReady() ?? unknown
      return { ok: reasons.length === 0, reasons }
    },
  }
}

export function ledgerReasons(imbalances: readonly string[]): HealthReason[] {
  return imbalances.map((law) => ({ reason: 'ledger', detail: `a bug of Holdfast: ${law}` }))
}

/**
 * One more condition for `/readyz`, in a server of its own and in a worker of `holdfast run`: that the settings are loaded, say. It is
 * asked with each probe, and in a worker once a second, so it has to answer at once. The returned function takes it away.
 *
 * @param name shown beside the answer
 * @param check true: it holds. A text, or false: it does not, and why
 * @throws HoldfastError HF_OPTION_INVALID
 */
export function readyWhen(
  server: { readonly [INTERNALS]?: ServerInternals },
  name: string,
  check: ReadyCheck,
): () => void {
  const internals = server?.[INTERNALS]
  if (internals === undefined) throw wrongArgument('readyWhen()', 'server', server, 'what createServer() returned')
  if (typeof name !== 'string' || name === '') throw wrongArgument('readyWhen()', 'name', name, 'a name to be shown')
  if (typeof check !== 'function') throw wrongArgument('readyWhen()', 'check', check, 'a function')
  return internals.readyWhen(name, check)
}
