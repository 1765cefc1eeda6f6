/**
 * The tie between this server and one HTTP server: its `upgrade` listener.
 *
 * An upgrade whose path is ours is taken. Another is answered with 404 when nobody else listens for upgrades, and left
 * to the others otherwise; if after a while nobody has taken it, its socket is destroyed, because nobody else would.
 * Owned by the server; ends with `end()`: the listener is off, and sockets that nobody has taken by then are
 * destroyed.
 */
import type { IncomingMessage } from 'node:http'
import type { Server as NetServer, Socket } from 'node:net'
import type { Wheel } from '../base/wheel.ts'
import { destroySocket, isOwned } from '../connection/socket.ts'
import { pathOf } from './upgrade.ts'

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

  end(): void {
    this.httpServer.off('upgrade', this.#serverOnUpgrade)
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

function ignore(): void {}
