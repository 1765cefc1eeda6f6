/**
 * Target `sockets`: the same valid traffic over real sockets to a Holdfast server and to a `ws` server, both of which echo.
 * Owns both servers; they end with `close`. What each client hears back must be the same: messages, order, close code.
 */
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { type WebSocket, WebSocketServer } from 'ws'
import { createServer } from '../../../src/index.ts'
import { type Arrival, WireClient } from '../../conformance/wire-client.ts'
import { Random } from '../random.ts'
import { must, type Session, type Target } from '../target.ts'
import { drawChunks, drawSteps, encodeSteps } from '../traffic.ts'

const DEADLINE_MS = 10_000
const OFFERS = [
  null,
  'permessage-deflate',
  'permessage-deflate; client_max_window_bits',
  'permessage-deflate; client_no_context_takeover; server_no_context_takeover',
  'permessage-deflate; server_max_window_bits=10; client_max_window_bits=12',
]

export const socketsTarget: Target = {
  name: 'sockets',
  about:
    'random valid traffic over sockets: a Holdfast and a ws server deliver and echo the same, and close with the same code',
  share: 2,
  open,
}

/** What a server's handlers and its client saw. */
interface Account {
  readonly delivered: readonly string[]
  readonly echoed: readonly string[]
  readonly closeCode: number | null
}

interface Peer {
  readonly port: number
  /** What the connection with this mark delivered, when it has closed. */
  readonly ended: Map<string, (account: { delivered: string[]; code: number }) => void>
}

async function open(): Promise<Session> {
  const ours: Peer & { close(): Promise<void> } = await openHoldfast()
  const theirs = await openWs()
  return {
    async run(random) {
      const offer = random.pick(OFFERS)
      const steps = drawSteps(random, { stepsMax: 10, bytesMax: 150_000, deflate: offer !== null }, true)
      const shape = String(random.bits())
      const play = (peer: Peer): Promise<Account> =>
        visit(peer, offer, shape, (shapes, compress) => drawChunks(shapes, encodeSteps(shapes, steps, compress)))
      const [one, other] = await Promise.all([play(ours), play(theirs)])
      compare('delivered', one.delivered, other.delivered)
      compare('echoed', one.echoed, other.echoed)
      compare('echo of delivered', one.delivered, one.echoed)
      must(one.closeCode === other.closeCode, () => `close code ${one.closeCode}, with ws ${other.closeCode}`)
    },
    async close() {
      await Promise.all([ours.close(), theirs.close()])
    },
  }
}

async function openHoldfast(): Promise<Peer & { close(): Promise<void> }> {
  const ended: Peer['ended'] = new Map()
  const server = createServer({ controlFramesPerSecondMax: 100_000, drainTimeoutMs: 1000 })
  const deflate = { thresholdBytes: 100, clientContextTakeover: true, serverContextTakeover: true }
  server.route<{ delivered: string[] }>('/:mark', {
    deflate,
    outboxBytesMax: 16 * 1024 * 1024,
    upgrade: () => ({ delivered: [] }),
    message(connection, message) {
      connection.data.delivered.push(noteOf(typeof message !== 'string', message))
      connection.send(message)
    },
    close(connection, ending) {
      ended.get(connection.params.mark ?? '')?.({ delivered: connection.data.delivered, code: ending.code })
    },
  })
  await server.listen({ port: 0, host: '127.0.0.1' })
  return {
    port: server.port,
    ended,
    async close() {
      await server.close()
      const { imbalances, sockets } = server.ledger()
      must(imbalances.length === 0 && sockets === 0, () => `ledger: ${imbalances.join('; ')}, ${sockets} sockets`)
    },
  }
}

async function openWs(): Promise<Peer & { close(): Promise<void> }> {
  const ended: Peer['ended'] = new Map()
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: { threshold: 100 } })
  server.on('connection', (socket: WebSocket, request) => {
    const delivered: string[] = []
    socket.on('message', (data: Buffer, isBinary: boolean) => {
      delivered.push(noteOf(isBinary, data))
      socket.send(data, { binary: isBinary })
    })
    socket.on('error', () => {})
    socket.on('close', (code) => ended.get((request.url ?? '').slice(1))?.({ delivered, code }))
  })
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    ended,
    close: () => new Promise<void>((resolve) => server.close(() => resolve())),
  }
}

async function visit(
  peer: Peer,
  offer: string | null,
  shape: string,
  encode: (random: Random, compress: (payload: Buffer) => Buffer) => Buffer[],
): Promise<Account> {
  const mark = shape
  const closed = new Promise<{ delivered: string[]; code: number }>((resolve) => peer.ended.set(mark, resolve))
  const target = { host: '127.0.0.1', port: peer.port, path: `/${mark}` }
  const client = await WireClient.connect(target, DEADLINE_MS)
  try {
    await client.open(target, offer)
    const random = new Random(shape)
    const compress = (payload: Buffer): Buffer => client.deflate?.compress(payload) ?? payload
    for (const chunk of encode(random, compress)) {
      client.write(chunk)
      if (random.chance(0.2)) await new Promise(setImmediate)
    }
    const echoed: string[] = []
    let arrival: Arrival
    do {
      arrival = await client.next('echo or close frame')
      must(arrival.kind !== 'violation', () => `the server broke a rule: ${JSON.stringify(arrival)}`)
      if (arrival.kind === 'text' || arrival.kind === 'binary') {
        echoed.push(noteOf(arrival.kind === 'binary', arrival.payload))
      }
    } while (arrival.kind !== 'close' && arrival.kind !== 'end' && arrival.kind !== 'reset')
    must(arrival.kind === 'close', () => `ended with ${JSON.stringify(arrival)} instead of a close frame`)
    const last = await client.next('end of TCP')
    must(last.kind === 'end', () => `after the close frame came ${JSON.stringify(last)} instead of FIN`)
    client.destroy()
    const { delivered, code } = await closed
    must(code === (arrival.code ?? 1005), () => `the server reports ${code} and sent ${arrival.code}`)
    return { delivered, echoed, closeCode: arrival.code }
  } finally {
    peer.ended.delete(mark)
    client.destroy()
  }
}

/** A message as one string: kind, length and content. */
function noteOf(isBinary: boolean, message: string | Buffer): string {
  const bytes = typeof message === 'string' ? Buffer.from(message) : message
  return `${isBinary ? 'binary' : 'text'} ${bytes.toString('latin1')}`
}

function compare(what: string, ours: readonly string[], theirs: readonly string[]): void {
  must(ours.length === theirs.length, () => `${what}: ${ours.length} messages, with ws ${theirs.length}`)
  for (const [at, one] of ours.entries()) {
    must(one === theirs[at], () => `${what}: message ${at} is ${one.slice(0, 60)}, with ws ${theirs[at]?.slice(0, 60)}`)
  }
}
