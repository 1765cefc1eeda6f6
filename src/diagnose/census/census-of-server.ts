/**
 * Tells a census what ends in a server: connections, when they are closed or have moved to another process, and upgrade
 * requests, when they are revoked; and what users expect to be released. Listeners on the server's events; they end by the
 * function returned, or with the server.
 */
import type { Server } from '../../server/server.ts'
import type { Census } from './census.ts'

export const CONNECTION = 'connection'
export const UPGRADE_REQUEST = 'upgrade request'

/** @returns ends the tie; what ended before is watched on */
export function censusOfServer(
  { on }: Pick<Server, 'on'>,
  census: Pick<Census, 'watch' | 'expectReleased'>,
): () => void {
  const ended = ({ connection, route }: { readonly connection: object; readonly route: string }): void =>
    census.watch(connection, { kind: CONNECTION, route })
  const offs = [
    on('close', ended),
    on('moved', ended),
    on('revoked', ({ request, route }) => census.watch(request, { kind: UPGRADE_REQUEST, route })),
    on('expected', ({ object, name, ...expectation }) => census.expectReleased(object, name, expectation)),
  ]
  return () => {
    for (const off of offs) off()
  }
}
