/**
 * The end of a server, in its order: no more upgrades, the connections drain, the HTTP servers are left, then what the server
 * itself holds is released. A function; it ends when all is done, which the deadlines of the connections see to.
 */
import type { Server as HttpServer } from 'node:http'
import type { Clock } from '../base/clock.ts'
import { HoldfastError } from '../base/errors.ts'
import type { Scope } from '../base/scope.ts'
import { ENDINGS } from '../protocol/ending.ts'
import type { Attachment } from './attachment.ts'
import type { KernelCheck } from './kernel-check.ts'
import type { ServerContext } from './server-context.ts'

export interface Closing {
  readonly clock: Clock
  readonly context: ServerContext
  readonly kernel: KernelCheck
  readonly attachments: readonly Attachment[]
  /** The HTTP server of `listen()`, if there is one. */
  readonly own: HttpServer | null
  readonly scope: Scope
  readonly drainTimeoutMs: number
  /** Resolves when no connection and no upgrade request is left. */
  whenEmpty(): Promise<void>
}

export async function closeServer(closing: Closing): Promise<void> {
  const { clock, context, kernel, attachments, own, scope, drainTimeoutMs } = closing
  context.closing = true
  // What runs may have nothing else that keeps the process alive, and what follows close() is still to run.
  const hold = clock.hold()
  kernel.remember(attachments.map(({ httpServer }) => httpServer))
  context.drain?.hasten(ENDINGS.serverClosed, drainTimeoutMs)
  context.arrivals.end()
  const unbound = own === null ? Promise.resolve() : new Promise<void>((resolve) => own.close(() => resolve()))
  for (const life of [...context.hub.lives()]) life.drain(ENDINGS.serverClosed, drainTimeoutMs)
  // Each connection and each opening has a deadline of its own, so this ends.
  await closing.whenEmpty()
  for (const attachment of attachments) attachment.end()
  own?.closeAllConnections()
  await unbound
  scope.end(new HoldfastError('HF_ENDED', { what: 'the server', reason: 'closed' }))
  context.reclaim?.end()
  context.admission.end()
  context.wheel.end()
  hold.cancel()
}
