/**
 * An HTTP server for `listen()`: answers upgrades only, and everything else with 426. Made for and ended by the server.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { Server as NetServer } from 'node:net'
import { HoldfastError } from '../base/errors.ts'
import { refuseUnknown, wrongArgument } from '../base/options.ts'

export interface ListenOptions {
  /** 0 takes a free one; see `server.port`. */
  readonly port: number
  /** Default: all addresses. */
  readonly host?: string
}

/** @param requestTimeoutMs a peer that has not sent its whole request by then is answered with 408 and hung up on */
export function upgradesOnly(requestTimeoutMs: number): Server {
  const server = createServer({
    headersTimeout: requestTimeoutMs,
    requestTimeout: requestTimeoutMs,
    connectionsCheckingInterval: Math.min(1_000, requestTimeoutMs),
    noDelay: true,
  })
  server.on('request', (request, response) => {
    response.writeHead(426, { Upgrade: 'websocket', Connection: 'close, Upgrade', 'Content-Type': 'text/plain' })
    response.end('this is a WebSocket server: wanted an upgrade request\n')
    request.resume()
  })
  return server
}

const LISTEN_OPTIONS = ['port', 'host']
/**
 * So many may wait in the kernel until they are accepted; the kernel may have a lower limit (`net.core.somaxconn`). When it has
 * no room, it drops what they send, and some are reset: the 511 that Node asks for are half a second of a storm of clients
 * who come back.
 */
const BACKLOG = 4_096

/** @throws HoldfastError HF_OPTION_INVALID, HF_OPTION_UNKNOWN */
export function checkListen(listen: ListenOptions): void {
  const where = 'listen()'
  if (typeof listen !== 'object' || listen === null) {
    throw wrongArgument(where, 'options', listen, 'an object such as { port: 8080 }')
  }
  for (const name of Object.keys(listen)) refuseUnknown(where, name, LISTEN_OPTIONS)
  const { port, host } = listen
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw wrongArgument(where, 'port', port, 'a whole number from 0 to 65535')
  }
  if (host !== undefined && typeof host !== 'string') throw wrongArgument(where, 'host', host, 'a name or an address')
}

/** @throws HoldfastError HF_PORT_IN_USE, HF_SERVER_STATE; other errors of listening as Node has them */
export function bind(server: Server, listen: ListenOptions): Promise<void> {
  const to = { port: listen.port, ...(listen.host !== undefined && { host: listen.host }) }
  return listening(server, to, listen.port)
}

/** Listens on a Unix socket. @throws as bind() */
export function bindPath(server: NetServer, path: string): Promise<void> {
  return listening(server, { path }, 0)
}

/** Listens on a raw listening handle, which is the server's from here on. @throws as bind() */
export function bindHandle(server: NetServer, handle: object): Promise<void> {
  return listening(server, handle, 0)
}

/** No new sockets; what was accepted is served, but not kept alive after its next answer. */
export function stopListening(server: NetServer): void {
  if (!server.listening) return
  // Not that of an HTTP server: it hangs up on idle sockets, and to Node 26 one that has not sent its request yet is idle.
  NetServer.prototype.close.call(server)
  if (server.listenerCount('request') > 0) server.prependListener('request', closeAfter)
}

function closeAfter(_: IncomingMessage, response: ServerResponse): void {
  response.shouldKeepAlive = false
}

async function listening(server: NetServer, to: object, port: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const onError = (error: NodeJS.ErrnoException): void => {
      if (error.code === 'EADDRINUSE') reject(new HoldfastError('HF_PORT_IN_USE', { port }))
      else reject(error)
    }
    const onClose = (): void => {
      const wanted = 'listen() to be finished before close()'
      reject(
        new HoldfastError('HF_SERVER_STATE', {
          method: 'listen',
          state: 'closed meanwhile',
          wanted,
          todo: 'await listen()',
        }),
      )
    }
    server.once('error', onError)
    server.once('close', onClose)
    server.listen(to, BACKLOG, () => {
      server.off('error', onError)
      server.off('close', onClose)
      resolve()
    })
  })
}
