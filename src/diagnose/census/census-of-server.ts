/**
 * Tells a census what ends in a server: connections, when they are closed or have moved to another process, and upgrade
 * requests, when they are revoked. Listeners on the server's events; they end by the function returned, or with the server.
 */
import type { Server } from '../../server/server.ts'
import type { Census } from './census.ts'

export const CONNECTION = 'connection'
export const UPGRADE_REQUEST = 'upgrade request'

/** @returns ends the tie; what ended before is watched on */
export function censusOfServer(server: Pick<Server, 'on'>, census: Pick<Census, 'watch'>): () => void {
  const ended = ({ connection, route }: { readonly connection: object; readonly route: string }): void =>
    census.watch(connection, { kind: CONNECTION, route })
  const offs = [
    server.on('close', ended),
    server.on('moved', ended),
    server.on('revoked', ({ request, route }) => census.watch(request, { kind: UPGRADE_REQUEST, route })),
  ]
  return () => {
    for (const off of offs) off()
  }
}
