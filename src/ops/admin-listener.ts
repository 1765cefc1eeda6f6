/**
 * The admin port: one HTTP server that asks of every request who it is from, and answers by routes that others give it.
 *
 * Made by `openAdmin`, owned by whoever made it. Ends with `close()`: it listens no more, answers under way have a moment to
 * end, then their signals abort and every connection is gone; nothing is left. It never speaks to the WebSockets' port, never
 * answers a page of elsewhere, and logs nothing.
 */
import { createServer, type Server as HttpServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { type Clock, systemClock } from '../base/clock.ts'
import { HoldfastError, messageOf, stackOf } from '../base/errors.ts'
import { destroySocket } from '../connection/socket.ts'
import { bind, bindPath } from '../server/listen.ts'
import { pathOf } from '../server/upgrade.ts'
import { AdminAnswer } from './admin-answer.ts'

import { type Asked, findingOf, guardHost, guardRoute, guardToken, isFromElsewhere, refusal } from './admin-guard.ts'

import { linesOf } from './admin-lines.ts'
import { type AdminOptions, type AdminOptionsInput, needToken, readAdminOptions } from './admin-options.ts'
import { type AdminMatch, type AdminRequest, type AdminRoute, AdminRoutes } from './admin-routes.ts'
import { LiveChannel, type LiveSource } from './live/live-channel.ts'
import { UpgradeDoor } from './live/upgrade-door.ts'

/** An admin port that listens. */
export interface AdminPort {
  /** The address it listens on. */
  readonly host: string
  readonly port: number
  /** Stops listening and ends its connections; answers under way have at most a second. A second call gets the same promise. */
  close(): Promise<void>
}

export interface OpenAdminOptions extends AdminOptionsInput {
  readonly routes: readonly AdminRoute[]
}

/** What a test may want to own, and where errors of handlers go; default: a warning of the process. */
export interface AdminSurroundings {
  /** A Unix socket to listen on, in a folder that is nobody else's, instead of host and port. */
  readonly path?: string
  readonly clock?: Clock
  readonly adminOnError?: (error: HoldfastError) => void
  /** @internal What the live channel of its console shows; without it there is none. */
  readonly live?: LiveSource | null
}

const HEADER_BYTES_MAX = 16 * 1024
const KEEP_ALIVE_MS = 5_000
const CLOSE_GRACE_MS = 1_000
const BEAT_MS = 15_000
/** Whatever is answered: kept nowhere, taken for nothing else, shown in no frame, read by no page of elsewhere. */
const HEADERS = {
  'Cache-Control': 'no-store',
  'X-Content-Type-Options': 'nosniff',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'X-Frame-Options': 'DENY',
}

/**
 * Opens an admin port with routes of one's own. For the admin port of a server, see `admin()`.
 *
 * @throws HoldfastError HF_OPTION_UNKNOWN, HF_OPTION_INVALID, HF_ADMIN_TOKEN, HF_ADMIN_ROUTE, HF_PORT_IN_USE
 */
export async function openAdmin(input: OpenAdminOptions, surroundings: AdminSurroundings = {}): Promise<AdminPort> {
  const { routes, ...given } = input
  const options = readAdminOptions('openAdmin()', given)
  const listener = new AdminListener(options, new AdminRoutes(routes), surroundings)
  await listener.open()
  return listener
}

export class AdminListener implements AdminPort {
  readonly #options: AdminOptions
  readonly #hosts: readonly string[]
  readonly #routes: AdminRoutes
  readonly #clock: Clock
  readonly #onError: (error: HoldfastError) => void
  readonly #httpServer: HttpServer
  readonly #path: string | null
  readonly #live: LiveChannel | null
  // Removed by: the end of each answer, or of its connection. At most connectionsMax.
  readonly #running = new Set<AbortController>()
  #whenIdle: (() => void) | null = null
  #closed: Promise<void> | null = null
  host = ''
  port = 0

  constructor(options: AdminOptions, routes: AdminRoutes, surroundings: AdminSurroundings) {
    const { requestTimeoutMs, connectionsMax, answerTimeoutMs } = options
    this.#options = options
    this.#hosts = options.hosts.map((host) => host.toLowerCase())
    this.#routes = routes
    this.#clock = surroundings.clock ?? systemClock
    this.#path = surroundings.path ?? null
    this.#onError = surroundings.adminOnError ?? warn
    this.#httpServer = createServer({
      ...{ headersTimeout: requestTimeoutMs, requestTimeout: requestTimeoutMs, keepAliveTimeout: KEEP_ALIVE_MS },
      connectionsCheckingInterval: Math.min(1_000, requestTimeoutMs),
      ...{ maxHeaderSize: HEADER_BYTES_MAX, noDelay: true },
    })
    this.#httpServer.maxConnections = connectionsMax
    // Of the sockets: nothing moves in either direction.
    this.#httpServer.timeout = answerTimeoutMs
    this.#httpServer.on('request', (request, response) => this.#serve(request, response))
    this.#live = surroundings.live ? this.#openLive(surroundings.live) : null
  }

  async open(): Promise<void> {
    const { host, port, token } = this.#options
    if (this.#path === null) await bind(this.#httpServer, { host, port })
    else await bindPath(this.#httpServer, this.#path)
    this.#httpServer.on('error', (error) => this.#report('listening', error))
    if (this.#path !== null) return
    const { address, port: bound } = this.#httpServer.address() as AddressInfo
    this.host = address
    this.port = bound
    try {
      // What `localhost` is, is up to the machine.
      needToken(address, token)
    } catch (thrown) {
      await this.close()
      throw thrown
    }
  }

  close(): Promise<void> {
    this.#closed ??= this.#close()
    return this.#closed
  }

  async #close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#httpServer.close(() => resolve()))
    await this.#live?.close()
    this.#httpServer.closeIdleConnections()
    await new Promise<void>((resolve) => {
      const grace = this.#clock.after(CLOSE_GRACE_MS, resolve)
      this.#whenIdle = () => {
        grace.cancel()
        resolve()
      }
      if (this.#running.size === 0) this.#whenIdle()
    })
    for (const running of this.#running) running.abort(ended('the admin port was closed'))
    this.#httpServer.closeAllConnections()
    await closed
  }

  #serve(request: IncomingMessage, response: ServerResponse): void {
    const running = new AbortController()
    this.#running.add(running)
    response.once('close', () => {
      this.#running.delete(running)
      running.abort(ended('its client has left'))
      if (this.#running.size === 0) this.#whenIdle?.()
    })
    this.#answer(request, running.signal)
      .then((given) => this.#send(request, response, given, running.signal))
      .catch((thrown) => {
        this.#report('an answer', thrown)
        destroySocket(request.socket)
      })
  }

  async #answer(request: IncomingMessage, signal: AbortSignal): Promise<AdminAnswer> {
    try {
      return await this.#decide(request, signal)
    } catch (thrown) {
      if (thrown instanceof AdminAnswer) return thrown
      // Whoever has left gets no answer, and to be interrupted by that is no failure.
      if (!signal.aborted) this.#report(`${request.method} ${pathOf(request.url)}`, thrown)
      return refusal('failed')
    }
  }

  async #decide(request: IncomingMessage, signal: AbortSignal): Promise<AdminAnswer> {
    const path = pathOf(request.url)
    if (path === null) return refusal('target')
    const method = request.method === 'HEAD' ? 'GET' : (request.method ?? '')
    const match = this.#routes.match(method, path)
    const refused = this.#guard(askedOf(request))
    if (refused !== null && match?.route.open !== true) return refused
    if (match === null) {
      const allowed = this.#routes.allowed(path)
      return allowed === '' ? refusal('path') : refusal('method', { Allow: allowed })
    }
    const wrong = guardRoute(askedOf(request), match.route)
    if (wrong !== null) return wrong
    const body = match.route.method === 'POST' ? await this.#bodyOf(request) : ''
    const given: unknown = await match.route.handler(requestOf(request, path, match, body, signal, refused === null))
    if (given instanceof AdminAnswer) return given
    throw new Error('its handler returned no answer')
  }

  #guard(asked: Asked): AdminAnswer | null {
    return guardHost(asked, this.#hosts) ?? guardToken(asked, this.#options.token)
  }

  #openLive(source: LiveSource): LiveChannel {
    const live = new LiveChannel({ source, clock: this.#clock, liveOnError: this.#onError })
    const judge = (request: IncomingMessage): string => findingOf(askedOf(request), this.#hosts, this.#options.token)
    live.listenAt(new UpgradeDoor(this.#httpServer, judge))
    return live
  }

  async #bodyOf(request: IncomingMessage): Promise<string> {
    const { bodyBytesMax } = this.#options
    if (Number(request.headers['content-length'] ?? 0) > bodyBytesMax) throw refusal('length')
    const chunks: Buffer[] = []
    let bytes = 0
    // The socket stays, for the answer.
    for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      bytes += chunk.length
      if (bytes > bodyBytesMax) throw refusal('length')
      chunks.push(chunk)
    }
    return Buffer.concat(chunks).toString('utf8')
  }

  async #send(
    request: IncomingMessage,
    response: ServerResponse,
    given: AdminAnswer,
    signal: AbortSignal,
  ): Promise<void> {
    const { body } = given
    // A body that nobody has read would be taken for the next request.
    if (this.#closed !== null || (hasBody(request) && !request.readableEnded)) response.shouldKeepAlive = false
    const isWhole = typeof body === 'string' || body instanceof Uint8Array
    const length = isWhole ? { 'Content-Length': Buffer.byteLength(body) } : {}
    const { status, type, headers } = given
    response.writeHead(status, { ...HEADERS, 'Content-Type': type, ...length, ...(headers as Record<string, string>) })
    if (isWhole || request.method === 'HEAD') {
      response.end(isWhole ? body : undefined)
      return
    }
    response.flushHeaders()
    const context = {
      ...{ clock: this.#clock, signal, beatMs: Math.min(BEAT_MS, this.#options.answerTimeoutMs / 4) },
      linesOnError: (thrown: unknown) => this.#report(`${request.method} ${pathOf(request.url)}`, thrown),
    }
    await pipeline(Readable.from(linesOf(body, context), { highWaterMark: 1 }), response).catch((thrown) => {
      if (!signal.aborted) throw thrown
    })
  }

  #report(what: string, cause: unknown): void {
    this.#onError(new HoldfastError('HF_ADMIN_FAILED', { what, message: messageOf(cause) }, { cause }))
  }
}

function askedOf({ headers, headersDistinct, socket }: IncomingMessage): Asked {
  return { headers, hosts: headersDistinct.host ?? [], localAddress: socket.localAddress ?? '' }
}

function requestOf(
  request: IncomingMessage,
  path: string,
  { route, params }: AdminMatch,
  body: string,
  signal: AbortSignal,
  trusted: boolean,
): AdminRequest {
  const url = request.url ?? ''
  const at = url.indexOf('?')
  return {
    ...{ method: route.method, path, params, body, signal, trusted, accept: request.headers.accept ?? '' },
    fromElsewhere: isFromElsewhere(askedOf(request)),
    query: new URLSearchParams(at === -1 ? '' : url.slice(at + 1)),
    json() {
      try {
        return body === '' ? undefined : JSON.parse(body)
      } catch {
        throw refusal('body')
      }
    },
  }
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
}

function ended(reason: string): HoldfastError {
  return new HoldfastError('HF_ENDED', { what: 'the request', reason })
}

function warn(error: HoldfastError): void {
  process.emitWarning(error.message, { type: 'HoldfastWarning', code: error.code, detail: stackOf(error.cause) })
}
