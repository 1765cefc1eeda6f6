/**
 * The tie between this server and one HTTP server: its `upgrade` listener.
 *
 * An upgrade whose path is ours is taken. Another is answered with 404 when nobody else listens for upgrades, and left
 * to the others otherwise; if after a while nobody has taken it, its socket is destroyed, because nobody else would.
 * In a drain it also has ordinary answers say that their socket is not kept: it takes no request away.
 * Owned by the server; ends with `end()`: the listeners are off, and sockets that nobody has taken by then are
 * destroyed.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Server as NetServer, Socket } from 'node:net'
import type { Wheel } from '../base/wheel.ts'
import { destroySocket, isOwned } from '../connection/socket.ts'
import { pathOf } from './upgrade.ts'

/** All that Node gives an ordinary request to. */
const REQUEST_EVENTS = ['request', 'checkContinue', 'checkExpectation'] as const

export interface AttachmentContext {
  readonly wheel: Wheel
  /** How long others have to take an upgrade that is not ours. */
  readonly leaveMs: number
  isOurs(path: string): boolean
  upgrade(message: IncomingMessage, socket: Socket, head: Buffer): void
}

export class Attachment {
  readonly httpServer: NetServer
  readonly #context: AttachmentContext
  // Removed by: the deadline of each, its socket's close, or end().
  readonly #left = new Set<{ judge(): void }>()

  constructor(httpServer: NetServer, context: AttachmentContext) {
    this.httpServer = httpServer
    this.#context = context
    httpServer.on('upgrade', this.#serverOnUpgrade)
  }

  /** A drain has begun: from now on every answer that has not been written says `Connection: close`. */
  sayGoodbye(): void {
    for (const event of REQUEST_EVENTS) {
      // A listener where there was none would change what Node does by itself.
      if (this.httpServer.listenerCount(event) > 0) this.httpServer.prependListener(event, closeAfter)
    }
  }

  end(): void {
    this.httpServer.off('upgrade', this.#serverOnUpgrade)
    for (const event of REQUEST_EVENTS) this.httpServer.off(event, closeAfter)
    for (const left of this.#left) left.judge()
  }

  readonly #serverOnUpgrade = (message: IncomingMessage, socket: Socket, head: Buffer): void => {
    // Another server of ours on the same HTTP server has the same path and was first.
    if (isOwned(socket)) return
    const path = pathOf(message.url)
    const alone = this.httpServer.listenerCount('upgrade') === 1
    if (alone || (path !== null && this.#context.isOurs(path))) this.#context.upgrade(message, socket, head)
    else this.#leave(socket)
  }

  /** Until somebody takes it, a socket nobody listens to must not be able to crash the process or stay for ever. */
  #leave(socket: Socket): void {
    const { wheel, leaveMs } = this.#context
    const left = {
      judge: (): void => {
        forget()
        const taken =
          socket.listenerCount('data') > 0 || socket.listenerCount('readable') > 0 || socket.bytesWritten > 0
        if (taken) socket.off('error', ignore)
        else destroySocket(socket)
      },
    }
    const deadline = wheel.after(leaveMs, left.judge)
    const forget = (): void => {
      wheel.cancel(deadline)
      socket.off('close', forget)
      this.#left.delete(left)
    }
    this.#left.add(left)
    socket.on('error', ignore)
    socket.once('close', forget)
  }
}

/** HTTP/2 has no such header, and says goodbye by itself. */
function closeAfter(request: IncomingMessage, response: ServerResponse): void {
  if (request.httpVersionMajor >= 2) return
  response.shouldKeepAlive = false
  response.setHeader('Connection', 'close')
}

function ignore(): void {}
