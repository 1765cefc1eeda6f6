/**
 * The scope of a connection. It outlives the connection where somebody keeps it: what it knows of its surroundings is the
 * small `Connection` and what the whole server shares, never the life.
 */
import type { HoldfastError } from '../base/errors.ts'
import { Scope } from '../base/scope.ts'
import type { ScopeContext, ScopeObserver } from '../base/scope-context.ts'
import type { Wheel } from '../base/wheel.ts'
import type { Connection } from './connection.ts'
import type { ConnectionContext } from './connection-context.ts'

export function connectionScope(context: ConnectionContext, connection: Connection, route: string): Scope {
  return new Scope(`connection ${connection.id}`, new Surroundings(context, connection, route))
}

class Surroundings implements ScopeContext {
  readonly #context: ConnectionContext
  readonly #connection: Connection
  readonly label: string

  constructor(context: ConnectionContext, connection: Connection, route: string) {
    this.#context = context
    this.#connection = connection
    this.label = route
  }

  get wheel(): Wheel {
    return this.#context.wheel
  }

  get observer(): ScopeObserver | null {
    return this.#context.observer
  }

  scopeOnError(error: HoldfastError): void {
    this.#context.report(error, this.#connection, this.label)
  }
}
