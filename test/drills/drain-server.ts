/**
 * A server of the drill `drain`: the one that is drained, and the one its clients come to then. It counts who comes, by tenths
 * of a second, and what its handlers have taken on. Ends with its parent.
 */
import { createServer, type DrainOptions, type DrainReport, type ServerLedger } from '../../src/index.ts'
import { answer } from './child.ts'

export interface DrainServerState {
  readonly ledger: Omit<ServerLedger, 'routes'>
  readonly wrong: readonly string[]
  /** Messages whose handler has begun. */
  readonly taken: number
  /** How many have opened in each tenth of a second since the first. */
  readonly opened: readonly number[]
}

const TENTH_MS = 100
const server = createServer({ closeTimeoutMs: 3_000 })
// Bounded by the seconds of one drill.
const opened: number[] = []
let began = 0
let taken = 0

server.on('open', () => {
  began ||= performance.now()
  const tenth = Math.floor((performance.now() - began) / TENTH_MS)
  opened[tenth] = (opened[tenth] ?? 0) + 1
})
server.on('error', ({ error }) => {
  if (error.code !== 'HF_HANDLER_OVERDUE') console.error(error)
})
// Takes its time, so that there is always something under way when a turn comes.
server.route('/busy', {
  async message(connection, message) {
    taken++
    await new Promise((resolve) => setTimeout(resolve, 50 + Math.random() * 200))
    connection.send(`done ${String(message)}`)
  },
})
server.route('/quiet', {})
server.route('/stuck', { handlerTimeoutMs: 600_000, message: () => new Promise(() => {}) })

async function state(): Promise<DrainServerState> {
  const { routes: _, ...ledger } = server.ledger()
  const kernel = await server.checkKernel()
  const tenths = Array.from(opened, (count) => count ?? 0)
  return { ledger, wrong: [...ledger.imbalances, ...kernel.imbalances], taken, opened: tenths }
}

await server.listen({ port: 0, host: '127.0.0.1' })
answer({
  ready: () => null,
  port: () => server.port,
  state,
  drain: ({ options }: { options: DrainOptions }): Promise<DrainReport> => server.drain(options),
})
