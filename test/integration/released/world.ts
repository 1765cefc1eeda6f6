/**
 * A server under an HTTP server of the test's own, with one path for each case of released.test.ts. It notes, weakly,
 * every socket, Node request and life of a path. Ends with `close()`; what the cases keep stays until `letGo()`.
 */
import { once } from 'node:events'
import { createServer as createHttpServer } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { type Connection, lifeOf } from '../../../src/connection/connection.ts'
import { createServer, type Server, type ServerOptionsInput } from '../../../src/index.ts'
import { until, within } from '../../support/deadline.ts'
import { upgradeText } from '../../support/raw-client.ts'
import { balanced } from '../../support/serving.ts'
import { clientFrame } from '../../support/wire.ts'
import type { Case, MakeCase } from './cases.ts'

export type Way = 'opens, then leaves' | 'asks, then leaves' | 'asks, and waits for the deadline'

export class World {
  readonly server: Server
  readonly keeps = new Map<string, unknown[]>()
  readonly references = new Map<string, WeakRef<object>[]>()
  readonly errors: string[] = []
  readonly #http = createHttpServer()
  readonly #paths = new Map<string, string>()
  readonly #made = new Map<string, Case>()

  constructor(cases: Readonly<Record<string, MakeCase>>, options: ServerOptionsInput) {
    this.server = createServer({ closeTimeoutMs: 60, handlerTimeoutMs: 60, ...options })
    this.server.on('error', ({ error }) => void this.errors.push(error.code))
    this.server.on('open', ({ connection, route }) => this.#note(route, lifeOf(connection as Connection)))
    this.#http.on('upgrade', ({ url = '' }, socket) => this.#note(url, socket))
    this.#http.on('upgrade', (message) => this.#note(message.url ?? '', message))
    for (const [name, make] of Object.entries(cases)) this.#add(name, make)
    if ([...this.#made.values()].some(({ middleware }) => middleware !== undefined)) this.#wrap()
    this.server.attach(this.#http)
  }

  async listen(): Promise<void> {
    this.#http.listen(0, '127.0.0.1')
    await within('listening', once(this.#http, 'listening'))
  }

  /** `count` connections for each case, each of which ends as `how` says; comes back when all are over. */
  async visit(count: number, how: Way): Promise<void> {
    const visits = [...this.#paths.keys()].flatMap((path) =>
      Array.from({ length: count }, () => this.#visit(path, how, count)),
    )
    await Promise.all(visits)
    await until('all are over', () => this.server.ledger().sockets === 0 && this.server.connections.size === 0)
  }

  referencesOf(name: string): WeakRef<object>[] {
    return this.references.get(name) ?? []
  }

  letGo(): void {
    for (const keep of this.keeps.values()) keep.length = 0
  }

  async close(): Promise<void> {
    await within('the server to close', this.server.close())
    await balanced(this.server)
    this.#http.close()
  }

  #add(name: string, make: MakeCase): void {
    const path = `/${this.#paths.size}`
    const keep: unknown[] = []
    const made = make(keep)
    this.#paths.set(path, name)
    this.keeps.set(name, keep)
    this.references.set(name, [])
    this.#made.set(path, made)
    this.server.route(path, made.route ?? {})
  }

  #wrap(): void {
    this.server.use((request, next) => this.#made.get(request.path)?.middleware?.(request, next) ?? next())
  }

  #note(path: string, object: object | null): void {
    if (object !== null) this.references.get(this.#paths.get(path) ?? '')?.push(new WeakRef(object))
  }

  /** Nobody keeps the client: the support's own would be kept by the test that made it. */
  async #visit(path: string, how: Way, count: number): Promise<void> {
    const client: Socket = connect({ port: (this.#http.address() as AddressInfo).port, host: '127.0.0.1' })
    client.on('error', () => {})
    await within('a TCP connection', once(client, 'connect'))
    client.write(upgradeText(path))
    if (how === 'opens, then leaves') {
      await within('the 101', once(client, 'data'))
      client.write(Buffer.concat([clientFrame({ opcode: 1, payload: 'x' }), clientFrame({ opcode: 9 })]))
      await within('the pong', once(client, 'data'))
    } else if (how === 'asks, then leaves') {
      // Each that asks keeps two things. None leaves before the last has asked.
      await until('all have asked', () => (this.keeps.get(this.#paths.get(path) ?? '')?.length ?? 0) >= 2 * count)
    } else await within('the 503', once(client.resume(), 'close'))
    client.resetAndDestroy()
  }
}
