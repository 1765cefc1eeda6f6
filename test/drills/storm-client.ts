/**
 * The clients of the storm: asked for a round, all of them ask the server for an upgrade, from several source addresses, at most
 * `flight` of them at the same moment. Those that are let in stay until they are told to leave. Ends with its channel.
 */
import { randomBytes } from 'node:crypto'
import { connect, type Socket } from 'node:net'
import { clientFrame } from '../support/wire.ts'

/** What came of one round. */
export interface RoundSeen {
  readonly admitted: number
  /** With 503 and a whole number of seconds in Retry-After. */
  readonly refused: number
  readonly retryAfter: Readonly<Record<string, number>>
  /** Every other outcome, by what it was. */
  readonly errors: Readonly<Record<string, number>>
  /** From the connect to the 101, of those let in. */
  readonly latencyMs: { readonly p50: number; readonly p99: number; readonly max: number }
  readonly tookMs: number
}

interface Config {
  readonly port: number
  readonly wanted: number
  readonly flight: number
  readonly addresses: number
}

type Outcome =
  | { readonly open: Socket; readonly ms: number }
  | { readonly retryAfter: string }
  | { readonly error: string }

const PATIENCE_MS = 60_000
const config = JSON.parse(process.argv[2] as string) as Config
// Removed by: leave(), and the close of each.
const open = new Set<Socket>()

function attempt(number: number): Promise<Outcome> {
  return new Promise((resolve) => {
    const began = performance.now()
    const source = `127.0.0.${2 + (number % config.addresses)}`
    const socket = connect({ port: config.port, host: '127.0.0.1', localAddress: source })
    let head = ''
    const settle = (outcome: Outcome): void => {
      clearTimeout(patience)
      if (!('open' in outcome)) socket.destroy()
      resolve(outcome)
    }
    const patience = setTimeout(() => settle({ error: 'no answer' }), PATIENCE_MS)
    const key = randomBytes(16).toString('base64')
    socket.write(
      `GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\n\r\n`,
    )
    socket.on('error', (error: NodeJS.ErrnoException) => settle({ error: error.code ?? error.message }))
    socket.on('close', () => {
      open.delete(socket)
      settle({ error: 'closed without an answer' })
    })
    socket.on('data', (chunk: Buffer) => {
      if (open.has(socket)) return
      head += chunk.toString('latin1')
      if (!head.includes('\r\n\r\n')) return
      const status = head.slice(9, 12)
      const retryAfter = /^retry-after: (\d+)\r$/im.exec(head)?.[1]
      if (status === '101') {
        open.add(socket)
        settle({ open: socket, ms: performance.now() - began })
      } else settle(status === '503' && retryAfter !== undefined ? { retryAfter } : { error: `status ${status}` })
    })
  })
}

async function round(): Promise<RoundSeen> {
  const began = performance.now()
  const outcomes: Outcome[] = []
  let next = 0
  const one = async (): Promise<void> => {
    while (next < config.wanted) outcomes.push(await attempt(next++))
  }
  await Promise.all(Array.from({ length: Math.min(config.flight, config.wanted) }, one))
  const latencies = outcomes.flatMap((outcome) => ('open' in outcome ? [outcome.ms] : [])).sort((a, b) => a - b)
  const at = (share: number): number => Math.round(latencies[Math.ceil(latencies.length * share) - 1] ?? 0)
  const retryAfter: Record<string, number> = {}
  const errors: Record<string, number> = {}
  for (const outcome of outcomes) {
    if ('retryAfter' in outcome) retryAfter[outcome.retryAfter] = (retryAfter[outcome.retryAfter] ?? 0) + 1
    else if ('error' in outcome) errors[outcome.error] = (errors[outcome.error] ?? 0) + 1
  }
  return {
    admitted: latencies.length,
    refused: Object.values(retryAfter).reduce((sum, count) => sum + count, 0),
    ...{ retryAfter, errors },
    latencyMs: { p50: at(0.5), p99: at(0.99), max: at(1) },
    tookMs: Math.round(performance.now() - began),
  }
}

/** Half of them say goodbye, half vanish. Resolves when all have closed. */
async function leave(): Promise<void> {
  const close = clientFrame({ opcode: 8, payload: Buffer.from([0x03, 0xe8]) })
  let number = 0
  for (const socket of open) {
    if (number++ % 2 === 0) socket.end(close)
    else socket.destroy()
  }
  while (open.size > 0) await new Promise((resolve) => setTimeout(resolve, 10))
}

process.on('disconnect', () => process.exit())
process.on('message', async (question: 'round' | 'leave') => {
  if (question === 'round') process.send?.(await round())
  else {
    await leave()
    process.send?.({ left: true })
  }
})
