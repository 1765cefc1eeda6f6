/**
 * Between the HTTP server of an admin port and the server of its live channel: hands on each upgrade request with what the port's own rules say of
 * it, so that it is refused, where it has to be, by whom answers upgrade requests, with a deadline and an owner for its socket.
 *
 * Owned by the admin port; holds nothing. Ends when the server that listens here lets go.
 */
import { EventEmitter } from 'node:events'
import type { Server as HttpServer, IncomingMessage } from 'node:http'
import type { Server as NetServer } from 'node:net'

/** Written here into the headers of each request, whatever it had there: the name of the refusal, or nothing. */
export const FINDING = 'x-holdfast-finding'

export type Judge = (request: IncomingMessage) => string

export class UpgradeDoor extends EventEmitter {
  readonly #httpServer: HttpServer

  /** @param judge the name of a refusal, or the empty string */
  constructor(httpServer: HttpServer, judge: Judge) {
    super()
    this.#httpServer = httpServer
    httpServer.on('upgrade', (request, socket, head) => {
      request.headers[FINDING] = judge(request)
      this.emit('upgrade', request, socket, head)
    })
  }

  get listening(): boolean {
    return this.#httpServer.listening
  }

  /** As what a server is attached to: of an HTTP server it asks for nothing but upgrades. */
  get asHttpServer(): NetServer {
    return this as unknown as NetServer
  }
}
