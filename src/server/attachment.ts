/**
 * The tie between this server and one HTTP server: its `upgrade` listener.
 *
 * An upgrade whose path is ours is taken. Another is answered with 404 when nobody else listens for upgrades, and left
 * to the others otherwise; if after a while nobody has taken it, its socket is destroyed, because nobody else would.
 * Owned by the server; ends with `end()`: the listener is off, sockets that were left wait for no one.
 */
import type { IncomingMessage } from 'node:http'
import type { Server as NetServer, Socket } from 'node:net'
import type { Wheel } from '../base/wheel.ts'
import { destroySocket } from '../connection/socket.ts'
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

  constructor(httpServer: NetServer, context: AttachmentContext) {
    this.httpServer = httpServer
    this.#context = context
    httpServer.on('upgrade', this.#serverOnUpgrade)
  }

  end(): void {
    this.httpServer.off('upgrade', this.#serverOnUpgrade)
  }

  readonly #serverOnUpgrade = (message: IncomingMessage, socket: Socket, head: Buffer): void => {
    const path = pathOf(message.url)
    const alone = this.httpServer.listenerCount('upgrade') === 1
    if (alone || (path !== null && this.#context.isOurs(path))) this.#context.upgrade(message, socket, head)
    else this.#leave(socket)
  }

  /** Until somebody takes it, a socket nobody listens to must not be able to crash the process or stay for ever. */
  #leave(socket: Socket): void {
    const ignore = (): void => {}
    socket.on('error', ignore)
    const deadline = this.#context.wheel.after(this.#context.leaveMs, () => {
      socket.off('close', socketOnClose)
      const taken = socket.listenerCount('data') > 0 || socket.listenerCount('readable') > 0 || socket.bytesWritten > 0
      if (taken) socket.off('error', ignore)
      else destroySocket(socket)
    })
    const socketOnClose = (): void => this.#context.wheel.cancel(deadline)
    socket.once('close', socketOnClose)
  }
}
