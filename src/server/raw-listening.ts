/**
 * Listening on a raw handle that a supervisor has, and stopping; see internals.ts. A function over the HTTP servers of one
 * server; what listens ends with that.
 */
import type { Server as NetServer } from 'node:net'
import type { ServerInternals } from './internals.ts'
import type { KernelCheck } from './kernel-check.ts'
import { bindHandle, stopListening } from './listen.ts'
import type { ServerContext } from './server-context.ts'
import { countStrangers } from './strangers.ts'
import { wrongState } from './wrong-state.ts'

export interface RawListeningInit {
  readonly context: ServerContext
  readonly kernel: KernelCheck
  /** Those it is attached to, its own included. */
  httpServers(): NetServer[]
  /** Makes an HTTP server of its own, and attaches to it. */
  makeOwn(): NetServer
  refuseWhenClosing(method: string): void
}

export function rawListening({
  context,
  kernel,
  httpServers,
  makeOwn,
  refuseWhenClosing,
}: RawListeningInit): Pick<ServerInternals, 'listenOn' | 'stopListening' | 'strangers'> {
  return {
    async listenOn(handle) {
      refuseWhenClosing('listenOn')
      const attached = httpServers()
      if (attached.some(({ listening }) => listening)) {
        throw wrongState(
          'listenOn',
          'listening',
          'a server that is not listening',
          'let whoever runs it choose the port',
        )
      }
      if (attached.length > 1) {
        throw wrongState('listenOn', 'attached to several HTTP servers', 'one of them', 'attach it to one')
      }
      await bindHandle(attached[0] ?? makeOwn(), handle)
    },
    stopListening() {
      const servers = httpServers()
      kernel.remember(servers)
      for (const server of servers) stopListening(server)
    },
    strangers: () => countStrangers(context, httpServers()),
  }
}
