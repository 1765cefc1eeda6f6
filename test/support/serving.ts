/**
 * A server for one test: it listens on a free port and is closed when the test ends, whatever the test did.
 */
import type { TestContext } from 'node:test'
import {
  type Connection,
  createServer,
  type RouteDeclaration,
  type Server,
  type ServerOptionsInput,
} from '../../src/index.ts'
import type { ServerSurroundings } from '../../src/server/server.ts'
import { until, within } from './deadline.ts'

export interface Setup<Data> extends ServerOptionsInput {
  readonly route?: RouteDeclaration<Data>
  readonly surroundings?: ServerSurroundings
}

/** Deadlines short enough for a test; a test that is about one of them gives its own. */
const SHORT: ServerOptionsInput = { closeTimeoutMs: 500, drainTimeoutMs: 500, handshakeTimeoutMs: 2_000 }

export function makeServer<Data = undefined>(t: TestContext, setup: Setup<Data> = {}): Server {
  const { route, surroundings, ...options } = setup
  const server = createServer({ ...SHORT, ...options }, surroundings)
  if (route !== undefined) server.route('/', route)
  t.after(async () => {
    await within('the server to close', server.close())
    await balanced(server)
  })
  return server
}

export async function serve<Data = undefined>(t: TestContext, setup: Setup<Data> = {}): Promise<Server> {
  const server = makeServer(t, setup)
  await server.listen({ port: 0, host: '127.0.0.1' })
  return server
}

/** Every error the server announces, from now on. */
export function errorsOf(server: Server): { code: string; message: string; cause: unknown }[] {
  const errors: { code: string; message: string; cause: unknown }[] = []
  server.on('error', ({ error }) => errors.push({ code: error.code, message: error.message, cause: error.cause }))
  return errors
}

/** The only connection, once it is there. */
export async function onlyConnection(server: Server): Promise<Connection> {
  await until('there is one connection', () => server.connections.size === 1)
  return [...server.connections][0] as Connection
}

/** The ledger agrees with itself, with all that is there, and with the sockets of the kernel. */
export async function balanced(server: Server): Promise<void> {
  const kernel = await within('the kernel to be asked', server.checkKernel())
  const wrong = [...server.ledger().imbalances, ...kernel.imbalances]
  if (process.platform === 'linux' && !kernel.supported) wrong.push('the kernel could not be asked')
  if (wrong.length > 0) throw new Error(wrong.join('; '))
}

/** Nothing is left of any connection or upgrade, and the ledger balances. */
export async function settled(server: Server): Promise<void> {
  await until('every socket is back', () => server.ledger().sockets === 0 && server.connections.size === 0)
  await balanced(server)
  const ledger = server.ledger()
  if (ledger.opening !== 0) throw new Error(`${ledger.opening} upgrades are still opening`)
}
