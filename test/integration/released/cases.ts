/**
 * The cases of released.test.ts: each keeps one thing of a connection for ever, in `keep`. What a handler uses after it
 * has waited is there so that the waiting function keeps it.
 */
import { EventEmitter } from 'node:events'
import { type Connection, lifeOf } from '../../../src/connection/connection.ts'
import type { Middleware, RouteDeclaration, Turn, UpgradeRequest } from '../../../src/index.ts'
import { turn } from '../../support/deadline.ts'

export interface Case {
  readonly route?: RouteDeclaration<unknown>
  readonly middleware?: Middleware
}

export type MakeCase = (keep: unknown[]) => Case

/** A promise that nobody settles, though somebody could. */
function never(keep: unknown[]): Promise<unknown> {
  return new Promise((resolve) => keep.push(resolve))
}

export const OPENED: Readonly<Record<string, MakeCase>> = {
  'nothing at all': (keep) => ({ route: { open: () => void keep.push('opened') } }),
  'an open hook that never settles': (keep) => ({
    route: {
      async open(connection) {
        await never(keep)
        connection.end()
      },
    },
  }),
  'a message handler that never settles': (keep) => ({
    route: {
      async message(connection, message, own) {
        await never(keep)
        connection.send(`${String(message)} ${own.signal.aborted}`)
      },
    },
  }),
  'a message handler that never settles and has looked at its signal': (keep) => ({
    route: {
      async message(connection, _, own) {
        own.signal.addEventListener('abort', () => keep.push(own))
        await never(keep)
        connection.end()
      },
    },
  }),
  'a close hook that never settles': (keep) => ({
    route: {
      async close(connection, ending) {
        await never(keep)
        keep.push(connection.id, ending)
      },
    },
  }),
  'a task that never settles': (keep) => ({
    route: { open: (connection) => void keep.push(connection.task('never', () => never(keep))) },
  }),
  'its scope': (keep) => ({ route: { open: (connection) => void keep.push(connection.scope) } }),
  'a fork of its scope': (keep) => ({ route: { open: (connection) => void keep.push(connection.scope.fork('mine')) } }),
  'its signal': (keep) => ({ route: { open: (connection) => void keep.push(connection.signal) } }),
  'what stops scope.after': (keep) => ({
    route: { open: (connection) => void keep.push(connection.scope.after(1e6, () => connection.end())) },
  }),
  'what stops scope.every': (keep) => ({
    route: { open: (connection) => void keep.push(connection.scope.every(1e6, () => connection.end())) },
  }),
  'what takes back scope.defer': (keep) => ({
    route: { open: (connection) => void keep.push(connection.scope.defer(() => connection.end())) },
  }),
  'what stops scope.listen, and the emitter': (keep) => ({
    route: {
      open(connection) {
        const bus = new EventEmitter()
        const stop = connection.scope.listen(bus, 'x', () => connection.end())
        keep.push(bus, stop)
      },
    },
  }),
  'a turn': (keep) => ({ route: { message: (_, __, own) => void keep.push(own) } }),
  'a turn that was waited for, and its signal': (keep) => ({
    route: {
      async message(_, __, own: Turn) {
        keep.push(own, own.signal)
        await turn()
      },
    },
  }),
  'the connection': (keep) => ({ route: { open: (connection) => void keep.push(connection) } }),
  'the connection and all it gives': (keep) => ({
    route: {
      open(connection) {
        connection.join('room')
        keep.push(connection, connection.scope, connection.signal, connection.room('room'), connection.params)
      },
    },
  }),
  'its ending': (keep) => ({ route: { close: (_, ending) => void keep.push(ending) } }),
  'its upgrade request': (keep) => ({
    route: {
      upgrade(request) {
        keep.push(request, request.headers, request.signal)
        return 'data'
      },
    },
  }),
}

/** These ask, and nobody ever answers. */
export const ASKED: Readonly<Record<string, MakeCase>> = {
  'an upgrade that never settles': (keep) => ({ route: { upgrade: (request) => waitFor(keep, request) } }),
  'a middleware that never settles': (keep) => ({ middleware: (request) => waitFor(keep, request) }),
  'a middleware that waits for an upgrade that never settles': (keep) => ({
    route: { upgrade: (request) => waitFor(keep, request) },
    async middleware(request, next) {
      const data = await next()
      keep.push(request.path)
      return data
    },
  }),
}

async function waitFor(keep: unknown[], request: UpgradeRequest): Promise<void> {
  keep.push(request.signal)
  await never(keep)
  keep.push(request.path)
}

/** What must be seen. */
export const CONTROL: MakeCase = (keep) => ({
  route: { open: (connection) => void keep.push(lifeOf(connection as Connection)) },
})
