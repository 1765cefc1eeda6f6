/**
 * The server: routes, middleware and everything that its connections share.
 *
 * It listens by itself (`listen`) or beside an application (`attach`). Owned by the user; ends with `close()`, after
 * which it holds no socket, no timer and no listener. Two servers in one process share nothing.
 */
import type { Server as NetServer } from 'node:net'
import { type Clock, systemClock } from '../base/clock.ts'
import { HoldfastError } from '../base/errors.ts'
import { readOptions, refuseUnknown, wrongArgument } from '../base/options.ts'
import { Scope } from '../base/scope.ts'
import type { Connection } from '../connection/connection.ts'
import type { Room } from '../connection/connection-context.ts'
import type { Message } from '../connection/message-bytes.ts'
import type { PublishOptions } from '../hub/deliver.ts'
import type { User } from '../hub/user.ts'
import { ENDINGS } from '../protocol/ending.ts'
import { type DrainOptions, readDrainOptions } from './drain-options.ts'
import type { DrainReport } from './drain-report.ts'
import { EVENT_NAMES, type ServerEvents } from './event-names.ts'
import { checkExpectation, type Expectation } from './expect-released.ts'
import { HttpServers, wrongState } from './http-servers.ts'
import { INTERNALS, type ServerInternals } from './internals.ts'
import { KernelCheck, type KernelReport } from './kernel-check.ts'
import { checkListen, type ListenOptions } from './listen.ts'
import { makeInternals } from './make-internals.ts'
import type { Middleware } from './middleware.ts'
import type { RouteDeclaration } from './routes.ts'
import { ServerContext } from './server-context.ts'
import { type ServerLedger, serverLedger } from './server-ledger.ts'
import { readDeflate, SERVER_OPTIONS, type ServerOptions, type ServerOptionsInput } from './server-options.ts'
import { serverScope, visitWork } from './server-work.ts'
import { startDrain } from './start-drain.ts'

/** What a test may want to own; `nonce` begins the id of every connection. */
export interface ServerSurroundings {
  readonly clock?: Clock
  readonly nonce?: string
  /** From 0 to below 1. */
  readonly random?: () => number
}

export class Server {
  readonly options: ServerOptions
  /** The server's lifetime: what is put into it is released by `close()`, after the last connection. */
  readonly scope: Scope
  /** @internal for the floors above; see internals.ts */
  readonly [INTERNALS]: ServerInternals
  readonly #clock: Clock
  readonly #random: () => number
  readonly #context: ServerContext
  readonly #http: HttpServers
  readonly #kernel: KernelCheck
  #closed: Promise<void> | null = null
  #whenEmpty: (() => void) | null = null

  /** @throws HoldfastError HF_OPTION_UNKNOWN, HF_OPTION_INVALID */
  constructor(input: ServerOptionsInput = {}, surroundings: ServerSurroundings = {}) {
    this.options = readOptions('createServer()', SERVER_OPTIONS, input)
    readDeflate('createServer()', this.options.deflate)
    this.#clock = surroundings.clock ?? systemClock
    this.#random = surroundings.random ?? Math.random
    this.#context = new ServerContext(this.options, this.#clock, surroundings.nonce, () => this.#checkEmpty())
    this.#http = new HttpServers(this.#context)
    this.#kernel = new KernelCheck(this.#context)
    this[INTERNALS] = makeInternals(this.#context, this.#http, {
      listenOn: async (handle) => {
        this.#refuseWhenClosing('listenOn')
        await this.#http.listenOn(handle)
      },
      stopListening: () => this.#stopListening(),
      work: (visitor) => visitWork(this.scope, this.#context.hub, visitor),
    })
    this.scope = new Scope('server', serverScope(this.#context))
  }

  /**
   * Declares what happens at a path such as `/chat/:room`.
   *
   * @throws HoldfastError HF_ROUTE_INVALID, HF_OPTION_UNKNOWN, HF_OPTION_INVALID
   */
  route<Data = undefined>(path: string, declaration: RouteDeclaration<Data>): this {
    this.#context.routes.add(path, declaration)
    return this
  }

  /** Wraps the upgrade of all routes; the first added is the outermost. @throws HoldfastError HF_OPTION_INVALID */
  use(middleware: Middleware): this {
    if (typeof middleware !== 'function') throw wrongArgument('use()', 'middleware', middleware, 'a function')
    this.#context.middleware.push(middleware)
    return this
  }

  /** Calls `listener` for each event of that name until the returned function is called. */
  on<Name extends keyof ServerEvents>(name: Name, listener: (payload: ServerEvents[Name]) => void): () => void {
    refuseUnknown('on()', name, EVENT_NAMES)
    if (typeof listener !== 'function') throw wrongArgument('on()', 'listener', listener, 'a function')
    return this.#context.events.on(name, listener)
  }

  /**
   * Listens with an HTTP server of its own, which answers everything but upgrades with 426.
   *
   * @throws HoldfastError HF_PORT_IN_USE, HF_SERVER_STATE, HF_OPTION_INVALID, HF_OPTION_UNKNOWN
   */
  async listen(listen: ListenOptions): Promise<void> {
    checkListen(listen)
    this.#refuseWhenClosing('listen')
    await this.#http.listen(listen)
  }

  #stopListening(): void {
    this.#kernel.remember(this.#http.all)
    this.#http.stopListening()
  }

  /**
   * Serves upgrades of an HTTP server that belongs to the application; its ordinary requests are left alone.
   * Works with anything built on node:http or node:https: Express, Fastify, Hono, Koa.
   *
   * @throws HoldfastError HF_SERVER_STATE, HF_OPTION_INVALID
   */
  attach(httpServer: NetServer): this {
    this.#refuseWhenClosing('attach')
    if (typeof httpServer?.on !== 'function')
      throw wrongArgument('attach()', 'httpServer', httpServer, 'an HTTP server')
    this.#http.attach(httpServer)
    return this
  }

  /** The port it listens on; 0 before `listen()`, after `close()`, and when it is only attached. */
  get port(): number {
    return this.#http.port
  }

  /**
   * Does it take connections? True while an HTTP server of its own, or one it is attached to, listens; false from the moment
   * `drain()` or `close()` is called. For the answer of a readiness probe.
   */
  get ready(): boolean {
    return !this.#context.closing && this.#http.listening
  }

  /** All connections of this process that are not closed. Iterating makes no copy; connections may end meanwhile. */
  get connections(): Iterable<Connection> & { readonly size: number } {
    const hub = this.#context.hub
    return {
      get size() {
        return hub.size
      },
      [Symbol.iterator]: () => hub.connections(),
    }
  }

  connection(id: string): Connection | undefined {
    return this.#context.hub.connection(id)
  }

  room(name: string): Room {
    return this.#context.hub.room(name)
  }

  /** How many rooms have members in this process. */
  get roomCount(): number {
    return this.#context.hub.roomCount
  }

  /** All connections whose route's handler `user` gave this key. @throws HoldfastError HF_OPTION_INVALID */
  user(key: string): User {
    return this.#context.hub.user(key)
  }

  /** How many users have connections in this process. */
  get userCount(): number {
    return this.#context.hub.userCount
  }

  /** Sends to all connections; returns how many here it was accepted for. @throws HoldfastError HF_SEND_TYPE */
  publish(message: Message, options?: PublishOptions): number {
    return this.#context.hub.publish(message, options)
  }

  /**
   * From now on nobody is to hold this object. The census of the admin port watches it, weakly, and announces the event `leak` when too
   * many of one name stay; in a test `expectNoLeaks` does. Without either nobody watches. The name is the same for all that are alike. @throws HoldfastError HF_OPTION_INVALID
   */
  expectReleased(object: object, name: string, expectation: Expectation = {}): void {
    checkExpectation(object, name, expectation)
    const { events } = this.#context
    if (events.wanted('expected')) events.emit('expected', { object, name, ...expectation })
  }

  /** The running count of everything that began and must end. `imbalances` is empty, or there is a bug in this library. */
  ledger(): ServerLedger {
    return serverLedger(this.#context)
  }

  /**
   * Compares what the library holds with the sockets the kernel has, by state of TCP. Linux only: elsewhere `supported` is
   * false. It looks at every descriptor of the process in one turn, which blocks it: 0.3 to 0.6 s for 8,000 on a slow virtual
   * machine. For tests and for hunting a leak, not for every minute.
   */
  checkKernel(): Promise<KernelReport> {
    return this.#kernel.check(this.#http.all)
  }

  /**
   * Empties the server for a deploy: `ready` is false, ordinary HTTP answers say `Connection: close`, upgrades get 503. Each
   * connection is served until its turn comes, spread over `drainWindowMs`. Then what it is doing may finish, `drain` of its
   * route runs, what was sent is written, and it ends with 1012 and a reason that tells the client when to come back. What is
   * left after `drainTimeoutMs` is ended all the same. Afterwards the server still listens; `close()` is then quick. A
   * second call gets the same promise.
   *
   * @returns what became of each: the counts add up to those of the ledger
   * @throws HoldfastError HF_OPTION_INVALID, HF_OPTION_UNKNOWN; HF_SERVER_STATE when it is closing or closed
   */
  drain(options: DrainOptions = {}): Promise<DrainReport> {
    if (this.#context.drain !== null) return this.#context.drain.report
    try {
      this.#refuseWhenClosing('drain')
      const settings = readDrainOptions(options, this.options)
      const surroundings = { clock: this.#clock, random: this.#random }
      return startDrain(this.#context, this.#http.attachments, settings, surroundings).report
    } catch (thrown) {
      return Promise.reject(thrown)
    }
  }

  /**
   * Stops: no more upgrades (503), every connection is drained (running handlers finish, at most `drainTimeoutMs`) and
   * ended with 1001, all at once, then everything is released. Resolves when all is done; a second call gets the same promise.
   */
  close(): Promise<void> {
    if (this.#closed === null) {
      let settle: (done: Promise<void>) => void = () => {}
      // First the promise: closing runs user code, which may call close() again.
      this.#closed = new Promise((resolve) => {
        settle = resolve
      })
      settle(this.#close())
    }
    return this.#closed
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async #close(): Promise<void> {
    this.#context.closing = true
    // What runs may have nothing else that keeps the process alive, and what follows close() is still to run.
    const hold = this.#clock.hold()
    this.#kernel.remember(this.#http.all)
    this.#context.drain?.hasten(ENDINGS.serverClosed, this.options.drainTimeoutMs)
    this.#context.arrivals.end()
    const unbound = this.#http.closeOwn()
    for (const life of [...this.#context.hub.lives()]) life.drain(ENDINGS.serverClosed, this.options.drainTimeoutMs)
    // Each connection and each opening has a deadline of its own, so this ends.
    await new Promise<void>((resolve) => {
      this.#whenEmpty = resolve
      this.#checkEmpty()
    })
    this.#http.end()
    await unbound
    this.scope.end(new HoldfastError('HF_ENDED', { what: 'the server', reason: 'closed' }))
    this.#context.reclaim?.end()
    this.#context.admission.end()
    this.#context.wheel.end()
    hold.cancel()
  }

  #refuseWhenClosing(method: string): void {
    if (!this.#context.closing) return
    const state = this.#closed === null ? 'draining' : 'closed'
    throw wrongState(
      method,
      state,
      'a server that is not draining, closing or closed',
      'make a new one with createServer()',
    )
  }

  #checkEmpty(): void {
    if (this.#whenEmpty === null || this.#context.hub.size > 0 || this.#context.ledger.sockets > 0) return
    this.#whenEmpty()
    this.#whenEmpty = null
  }
}

/**
 * Makes a server. See docs/reference/options.md for its options, with their defaults and what breaks without them.
 *
 * @throws HoldfastError HF_OPTION_UNKNOWN, HF_OPTION_INVALID
 */
export function createServer(options: ServerOptionsInput = {}, surroundings: ServerSurroundings = {}): Server {
  return new Server(options, surroundings)
}
