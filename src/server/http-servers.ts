/**
 * The HTTP servers whose upgrades a server serves: one of its own, those of the application that it is attached to, or both.
 *
 * Owned by the server. `stopListening()` and `closeOwn()` let no new socket in; `end()` lets go of all of them, and hangs up
 * on what the own one still has. Those of the application stay the application's to close.
 */
import type { Server as HttpServer, IncomingMessage } from 'node:http'
import type { Server as NetServer, Socket } from 'node:net'
import { HoldfastError } from '../base/errors.ts'
import { Attachment } from './attachment.ts'
import { bind, bindHandle, type ListenOptions, stopListening, upgradesOnly } from './listen.ts'
import type { ServerContext } from './server-context.ts'
import { upgrade } from './upgrade.ts'

export class HttpServers {
  readonly attachments: Attachment[] = []
  readonly #context: ServerContext
  #own: HttpServer | null = null

  constructor(context: ServerContext) {
    this.#context = context
  }

  get all(): NetServer[] {
    return this.attachments.map(({ httpServer }) => httpServer)
  }

  /** The port of its own; 0 when there is none, or it does not listen. */
  get port(): number {
    const address = this.#own?.address()
    return typeof address === 'object' && address !== null ? address.port : 0
  }

  /** Does one of them listen, as far as it says? */
  get listening(): boolean {
    return this.attachments.some(({ httpServer }) => httpServer.listening !== false)
  }

  /** @throws HoldfastError HF_PORT_IN_USE, HF_SERVER_STATE */
  async listen(listen: ListenOptions): Promise<void> {
    if (this.#own !== null) throw wrongState('listen', 'listening', 'a server that is not listening', 'call it once')
    const own = this.#makeOwn()
    try {
      await bind(own, listen)
    } catch (thrown) {
      // As if it had not been tried: another port may be free.
      const made = this.attachments.findIndex(({ httpServer }) => httpServer === own)
      if (made !== -1) this.attachments.splice(made, 1)[0]?.end()
      this.#own = null
      throw thrown
    }
  }

  /** See internals.ts. @throws HoldfastError HF_SERVER_STATE */
  async listenOn(handle: object): Promise<void> {
    const attached = this.all
    if (attached.some(({ listening }) => listening)) {
      throw wrongState('listenOn', 'listening', 'a server that is not listening', 'let whoever runs it choose the port')
    }
    if (attached.length > 1) {
      throw wrongState('listenOn', 'attached to several HTTP servers', 'one of them', 'attach it to one')
    }
    await bindHandle(attached[0] ?? this.#makeOwn(), handle)
  }

  stopListening(): void {
    for (const server of this.all) stopListening(server)
  }

  attach(httpServer: NetServer): void {
    if (this.attachments.some((attachment) => attachment.httpServer === httpServer)) return
    const { wheel, handshakeTimeoutMs, routes } = this.#context
    const attachment = new Attachment(httpServer, {
      wheel,
      leaveMs: handshakeTimeoutMs,
      isOurs: (path) => routes.match(path) !== null,
      upgrade: (message: IncomingMessage, socket: Socket, head: Buffer) =>
        upgrade(this.#context, message, socket, head),
    })
    this.attachments.push(attachment)
  }

  /** Its own lets nobody in any more. Resolves when all its sockets have closed, see end(). */
  closeOwn(): Promise<void> {
    const own = this.#own
    return own === null ? Promise.resolve() : new Promise((resolve) => own.close(() => resolve()))
  }

  /** Closes every connection of every HTTP server, whoever it belongs to: the process is about to end, and nobody is to be served by it. */
  hangUp(): void {
    for (const server of this.all) if ('closeAllConnections' in server) (server as HttpServer).closeAllConnections()
  }

  end(): void {
    for (const attachment of this.attachments) attachment.end()
    this.#own?.closeAllConnections()
  }

  #makeOwn(): HttpServer {
    const own = upgradesOnly(this.#context.handshakeTimeoutMs)
    this.attach(own)
    this.#own = own
    return own
  }
}

export function wrongState(method: string, state: string, wanted: string, todo: string): HoldfastError {
  return new HoldfastError('HF_SERVER_STATE', { method, state, wanted, todo })
}
