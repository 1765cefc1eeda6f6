/**
 * The server of an app, as its worker finds it. The app may have imported another copy of this package, so it is known by its
 * internals and never compared by class. Nothing to end.
 */
import { INTERNALS } from '../server/internals.ts'
import type { Server } from '../server/server.ts'

export type ServedServer = Server

/** Can it be given a listener, and its connections be moved? */
export function isServer(value: unknown): value is ServedServer {
  return typeof value === 'object' && value !== null && INTERNALS in value
}
