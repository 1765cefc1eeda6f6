/**
 * Two servers in one process, as the old and the new side of moves; handles go through a mirror, so that each side has a descriptor
 * of its own. Made by `movers`, closed when the test ends.
 */
import type { TestContext } from 'node:test'
import { type Clock, systemClock } from '../../src/base/clock.ts'
import {
  type Connection,
  createServer,
  type RouteDeclaration,
  type Server,
  type ServerOptionsInput,
} from '../../src/index.ts'
import { type Departed, type Frozen, INTERNALS } from '../../src/server/internals.ts'
import { until, within } from './deadline.ts'
import { HandleMirror } from './handle-mirror.ts'
import { balanced } from './serving.ts'

/** Both sides: options and the route `/`; `to` is what the new side has otherwise. */
export interface MoversSetup<Data> extends ServerOptionsInput {
  readonly route?: RouteDeclaration<Data>
  /** Of both sides. */
  readonly clock?: Clock
  readonly to?: ServerOptionsInput & { readonly path?: string; readonly route?: RouteDeclaration<Data> }
}

const SHORT: ServerOptionsInput = { closeTimeoutMs: 500, drainTimeoutMs: 500, handshakeTimeoutMs: 2_000 }
const WITHIN_MS = 5_000

export class Movers {
  readonly from: Server
  readonly to: Server
  readonly mirror: HandleMirror

  constructor(mirror: HandleMirror, from: Server, to: Server) {
    this.mirror = mirror
    this.from = from
    this.to = to
  }

  /** The other way round. */
  get reversed(): Movers {
    return new Movers(this.mirror, this.to, this.from)
  }

  async freeze(connection: Connection, withinMs = WITHIN_MS): Promise<Frozen> {
    const frozen = await within('it to freeze', this.from[INTERNALS].departures.freeze(connection, withinMs))
    if (frozen === null) throw new Error('it does not freeze')
    return frozen
  }

  async depart(frozen: Frozen, withinMs = WITHIN_MS): Promise<Departed> {
    const departed = await within('it to depart', frozen.depart(withinMs))
    if (departed === null) throw new Error('it does not depart')
    return departed
  }

  /** The state is copied, as if it had crossed a process, and so is the handle. */
  async adopt(id: string, departed: Departed): Promise<void> {
    const handle = await this.mirror.copy(departed.handle)
    await within('it to be adopted', this.to[INTERNALS].arrivals.adopt(id, Uint8Array.from(departed.state), handle))
  }

  /** Returns the connection there. */
  commit(frozen: Frozen): Connection {
    frozen.adopted()
    this.to[INTERNALS].arrivals.commit(frozen.id)
    return connectionOf(this.to, frozen.id)
  }

  /** The whole move; returns the connection there. `during` runs when nobody has it. */
  async move(connection: Connection, during: () => unknown = () => {}): Promise<Connection> {
    const { id } = connection
    this.to[INTERNALS].arrivals.expect(id, this.from[INTERNALS].departures.topicsOf(connection))
    const frozen = await this.freeze(connection)
    const departed = await this.depart(frozen)
    await during()
    await this.adopt(id, departed)
    const there = this.commit(frozen)
    await until('it is gone here', () => connection.state === 'moved')
    return there
  }
}

export function connectionOf(server: Server, id: string): Connection {
  const connection = server.connection(id)
  if (connection === undefined) throw new Error(`there is no connection ${id}`)
  return connection
}

export async function movers<Data = undefined>(t: TestContext, setup: MoversSetup<Data> = {}): Promise<Movers> {
  const { route = {}, to = {}, clock = systemClock, ...options } = setup
  const { path = '/', route: routeThere = route, ...optionsThere } = to
  const old = createServer({ ...SHORT, ...options }, { nonce: 'old', clock }).route<Data>('/', route)
  const next = createServer({ ...SHORT, ...options, ...optionsThere }, { nonce: 'new', clock }).route<Data>(
    path,
    routeThere,
  )
  await old.listen({ port: 0, host: '127.0.0.1' })
  await next.listen({ port: 0, host: '127.0.0.1' })
  t.after(async () => {
    await within('the new side to close', next.close())
    await within('the old side to close', old.close())
    // Not before both have closed: sockets of the one are at the port of the other.
    await balanced(next)
    await balanced(old)
  })
  return new Movers(new HandleMirror(t), old, next)
}

/** Nothing is left on either side, and both ledgers balance. */
export async function bothSettled({ from, to }: Movers): Promise<void> {
  const left = (): number =>
    from.ledger().sockets +
    to.ledger().sockets +
    from.connections.size +
    to.connections.size +
    to[INTERNALS].arrivals.size
  await until('nothing is left', () => left() === 0)
  await balanced(from)
  await balanced(to)
}
