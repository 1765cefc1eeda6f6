/**
 * The scope of a connection. It outlives the connection where somebody keeps it: what it knows of its surroundings is the
 * small `Connection` and what the whole server shares, never the life.
 */
import { Scope } from '../base/scope.ts'
import type { Connection } from './connection.ts'
import type { ConnectionContext } from './connection-context.ts'

export function connectionScope(context: ConnectionContext, connection: Connection, route: string): Scope {
  return new Scope(`connection ${connection.id}`, {
    wheel: context.wheel,
    scopeOnError: (error) => context.report(error, connection, route),
  })
}
