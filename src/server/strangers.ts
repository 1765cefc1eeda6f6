/**
 * Strangers: sockets an HTTP server has accepted and nobody knows yet what they want. A WebSocket may still become of them.
 * A function; nothing to end.
 */
import type { Server as NetServer } from 'node:net'
import { adoptedPorts, connectionsOf } from './kernel-check.ts'
import type { ServerContext } from './server-context.ts'

/** How many there are: neither a connection nor an upgrade request. HTTP connections that are kept alive are among them. */
export async function countStrangers(
  context: Pick<ServerContext, 'ledger' | 'hub' | 'arrivals' | 'openings'>,
  servers: readonly NetServer[],
): Promise<number> {
  const counting = servers.map((server) => connectionsOf(server))
  const known = context.ledger.sockets
  const adopted = adoptedPorts(context).length
  const accepted = (await Promise.all(counting)).reduce((sum, count) => sum + count, 0)
  return Math.max(0, accepted + adopted - known)
}
