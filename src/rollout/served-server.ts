/**
 * The server of an app as its worker sees it, and the one place that knows where its internals are. The app may have imported
 * another copy of this package, so nothing here is compared by class. Owned by the worker; nothing to end.
 */
import type { Server as HttpServer } from 'node:http'
import { upgradesOnly } from '../server/listen.ts'
import type { Server } from '../server/server.ts'

export type ServedServer = Server

/** Can it be given a listener? */
export function isServer(value: unknown): value is ServedServer {
  return typeof value === 'object' && value !== null && 'ledger' in value && 'attach' in value && 'drain' in value
}

export class Served {
  readonly server: ServedServer
  #own: HttpServer | null = null

  constructor(server: ServedServer) {
    this.server = server
  }

  async listenOn(handle: object): Promise<void> {
    const own = upgradesOnly(this.server.options.handshakeTimeoutMs)
    this.server.attach(own)
    this.#own = own
    await new Promise<void>((resolve, reject) => {
      own.once('error', reject)
      own.listen(handle, resolve)
    })
  }

  stopListening(): void {
    this.#own?.close()
    this.#own = null
  }
}
