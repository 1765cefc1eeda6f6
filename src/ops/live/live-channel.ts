/**
 * The live channel of an admin port: a WebSocket at LIVE_PATH, served by a small server of this library that has nothing to do with the one it
 * shows. Sends a hello, then looks; it hears nothing. Pages of elsewhere get no connection: the Host has to be one of ours, the Origin the port
 * itself, and there is the token, where there is one.
 *
 * Owned by the admin port. Ends with `close()`: viewers are told, nothing is looked at any more.
 */
import { type Clock, systemClock } from '../../base/clock.ts'
import type { HoldfastError } from '../../base/errors.ts'
import { reject } from '../../server/refusal.ts'
import { Server } from '../../server/server.ts'
import type { UpgradeRequest } from '../../server/upgrade-request.ts'
import { ADMIN_REFUSALS } from '../admin-guard.ts'
import { Looks } from './looks.ts'
import { FINDING, type UpgradeDoor } from './upgrade-door.ts'
import { type Hello, LIVE_PATH, type Look } from './wire.ts'

/** What is shown, and where it comes from. */
export interface LiveSource {
  /** For one who begins to watch, without what only the channel knows. */
  hello(): Promise<Omit<Hello, 'kind' | 'everyMs' | 'points'>>
  /** Ends by itself, in a few seconds at most. */
  look(): Promise<Look>
}

export interface LiveChannelInit {
  readonly source: LiveSource
  readonly clock?: Clock
  readonly liveOnError: (error: HoldfastError) => void
}

const EVERY_MS = 1_000
/** Each shares the same looks, but has a socket. */
const VIEWERS_MAX = 16
const VIEWERS = 'viewers'
const AUTHENTICATE = { 'WWW-Authenticate': 'Basic realm="holdfast", charset="UTF-8"' }

export class LiveChannel {
  readonly #source: LiveSource
  readonly #server: Server
  readonly #looks: Looks

  constructor({ source, clock = systemClock, liveOnError }: LiveChannelInit) {
    this.#source = source
    this.#server = new Server(
      {
        ...{ origins: 'same-host', originRequired: true, connectionsMax: VIEWERS_MAX },
        // A page only listens. Of one that does not read, some minutes are kept, then it is ended.
        ...{ messageBytesMax: 1_024, messagesPerSecondMax: 5, outboxBytesMax: 1_048_576, slow: 'end' },
        ...{ keepaliveIntervalMs: 5_000, idleTimeoutMs: 20_000 },
        ...{ handshakeTimeoutMs: 5_000, closeTimeoutMs: 1_000, drainTimeoutMs: 0 },
        // When memory is short is when it is wanted most; and what it is about is not this server.
        ...{ memoryHeadroomBytes: 0, reclaim: false },
      },
      { clock },
    )
    this.#looks = new Looks({
      ...{ clock, everyMs: EVERY_MS, take: () => source.look() },
      looksOnTaken: (look) => this.#server.room(VIEWERS).publish(JSON.stringify(look)),
      // The next second brings another.
      looksOnError: () => {},
    })
    this.#server.on('error', ({ error }) => liveOnError(error))
    const looks = this.#looks
    const greet = (): Promise<string> => this.#greeting()
    this.#server.route<{ leave: () => void }>(LIVE_PATH, {
      upgrade(request) {
        refuseWhenFound(request)
        return { leave: () => {} }
      },
      async open(connection) {
        connection.data.leave = looks.watch()
        const greeting = await greet()
        if (connection.state !== 'open') return
        connection.send(greeting)
        if (looks.last !== null) connection.send(JSON.stringify(looks.last))
        connection.join(VIEWERS)
      },
      close: (connection) => connection.data.leave(),
    })
  }

  /** How many watch. */
  get viewers(): number {
    return this.#server.connections.size
  }

  /** Is anything looked at? */
  get looking(): boolean {
    return this.#looks.watched
  }

  listenAt(door: UpgradeDoor): void {
    this.#server.attach(door.asHttpServer)
  }

  async close(): Promise<void> {
    this.#looks.end()
    await this.#server.close()
  }

  async #greeting(): Promise<string> {
    const { points } = this.#looks
    const hello: Hello = { kind: 'hello', ...(await this.#source.hello()), everyMs: EVERY_MS, points: [...points] }
    return JSON.stringify(hello)
  }
}

/** @throws what `reject()` makes, when the port's own rules refuse it */
function refuseWhenFound(request: UpgradeRequest): void {
  const found = request.headers.get(FINDING) as keyof typeof ADMIN_REFUSALS | '' | null
  if (found === '') return
  const [status, line] = ADMIN_REFUSALS[found ?? 'failed']
  throw reject(status, line, status === 401 ? AUTHENTICATE : {})
}
