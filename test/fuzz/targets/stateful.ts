/**
 * Target `stateful`: random handlers on one side, random peers on the other, all drawn from one seed, a server for each case.
 * At every step the ledger's laws hold; at the end every `open` has had its `close`, nothing is left, and what was sent came in
 * order. Owns its servers; each ends within its case.
 */
import { EventEmitter } from 'node:events'
import { createServer, type Server } from '../../../src/index.ts'
import { playPeer } from '../play-peer.ts'
import { Random } from '../random.ts'
import { addRoutes, newWitness, type Witness } from '../stateful-routes.ts'
import { must, type Session, type Target, within } from '../target.ts'

const PARALLEL = 8
const CLOSE_MS = 15_000

export const statefulTarget: Target = {
  name: 'stateful',
  about:
    'random handlers and random peers: ledger laws at every step, open and close once, order kept, nothing left after close()',
  share: 2,
  open: () => ({ run: runStateful, close: async () => {} }) satisfies Session,
}

async function runStateful(random: Random): Promise<void> {
  await Promise.all(Array.from({ length: PARALLEL }, () => world(new Random(String(random.bits())))))
}

/** One server with its peers, from `listen` to `close`. */
async function world(random: Random): Promise<void> {
  const server = createServer({
    handshakeTimeoutMs: random.pick([30, 100, 5000]),
    closeTimeoutMs: random.pick([20, 60]),
    handlerTimeoutMs: random.pick([15, 1000]),
    handlerQueueMax: random.pick([1, 3, 64]),
    keepaliveIntervalMs: 50,
    idleTimeoutMs: random.pick([100, 5000]),
    drainTimeoutMs: random.pick([0, 30, 200]),
    messageTimeoutMs: 50,
    messageBytesMax: 100_000,
    fragmentsMax: 8,
    outboxBytesMax: random.pick([1024, 65_536]),
    slow: random.pick(['end', 'drop-newest'] as const),
  })
  const bus = new EventEmitter({}).setMaxListeners(0)
  const witness = newWitness()
  server.on('error', ({ error }) => {
    if (!/on purpose|did not finish|still running|overdue|OVERDUE/i.test(`${error.message} ${error.code}`))
      witness.wrong(error.message)
  })
  addRoutes({ server, bus, witness, seed: String(random.bits()) })
  await server.listen({ port: 0, host: '127.0.0.1' })
  const peers = Array.from({ length: random.int(1, 12) }, (_, index) =>
    playPeer(server.port, index, new Random(String(random.bits()))),
  )
  const closing = random.chance(0.3) ? sleep(random.int(0, 40)) : Promise.all(peers.map((peer) => peer.played))
  await closing
  laws(server, witness)
  await within(CLOSE_MS, 'server.close()', server.close())
  ended(server, bus, witness)
  for (const peer of peers) peer.destroy()
  await Promise.all(peers.map((peer) => peer.played))
  for (const peer of peers) must(peer.wrong === '', () => peer.wrong)
}

function laws(server: Server, witness: Witness): void {
  const { imbalances } = server.ledger()
  must(imbalances.length === 0, () => `ledger: ${imbalances.join('; ')}`)
  must(witness.wrongs.length === 0, () => witness.wrongs.join('\n'))
}

function ended(server: Server, bus: EventEmitter, witness: Witness): void {
  laws(server, witness)
  const { opening, open, draining, closing, sockets, openHooks, closeHooks } = server.ledger()
  const left = {
    opening,
    open,
    draining,
    closing,
    sockets,
    connections: server.connections.size,
    rooms: server.roomCount,
  }
  must(
    Object.values(left).every((count) => count === 0),
    () => `left after close(): ${JSON.stringify(left)}`,
  )
  must(openHooks === closeHooks, () => `${openHooks} open hooks, ${closeHooks} close hooks`)
  must(witness.open.size === 0, () => `no close for ${[...witness.open].join(', ')}`)
  must(witness.held === 0, () => `${witness.held} things put into scopes were not released`)
  must(bus.listenerCount('news') === 0, () => `${bus.listenerCount('news')} listeners are left`)
  const deaf = witness.waiting.filter(({ signal }) => !signal.aborted).map(({ what }) => what)
  must(deaf.length === 0, () => `signals that never aborted although their connection is closed: ${deaf.join(', ')}`)
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
