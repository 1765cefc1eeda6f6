/** Of the work of one server: what its own scope needs of it, what is held and runs in it now, and its connections. Functions; nothing to end. */
import type { HoldfastError } from '../base/errors.ts'
import type { Scope } from '../base/scope.ts'
import type { ScopeContext, ScopeObserver } from '../base/scope-context.ts'
import { factsOf } from '../connection/facts.ts'
import type { Hub } from '../hub/hub.ts'
import type { ConnectionVisitor, WorkVisitor } from './internals.ts'
import type { ServerContext } from './server-context.ts'

/** Under which name the scope of a server stands beside routes. */
const SERVER = 'server'

/** What the scope of a server needs of it. */
export function serverScope(context: ServerContext): ScopeContext {
  return {
    ...{ wheel: context.wheel, label: SERVER },
    get observer(): ScopeObserver | null {
      return context.observer
    },
    scopeOnError: (error: HoldfastError) => context.report(error),
  }
}

export function visitWork(scope: Scope, hub: Hub, visitor: WorkVisitor): void {
  scope.visit((held) => visitor.workOnHeld(SERVER, held))
  for (const { route, usedScope, inbox, context } of hub.lives()) {
    usedScope?.visit((held) => visitor.workOnHeld(route.path, held))
    const { running } = inbox
    if (running === null) continue
    visitor.workOnHandler(route.path, running.handler, Math.max(0, context.wheel.now - running.since), running.overdue)
  }
}

export function visitConnections(hub: Hub, visitor: ConnectionVisitor): void {
  for (const life of hub.lives()) {
    visitor.connectionOnSeen(life.route.path, life.state.name, () => factsOf(life), life.connection.id)
  }
}
