/**
 * What it costs to be looked at: a server with many connections, one who watches its console and a Prometheus that scrapes it, in turns with nobody. Of
 * the processor time of the server the difference is at most 2 % of a core, and it is never stuck for more than 50 ms.
 */
import { setTimeout as pause } from 'node:timers/promises'
import WebSocket from 'ws'
import { LIVE_PATH, type Look, type Told } from '../../src/ops/live/wire.ts'
import { Child } from './child.ts'
import type { ServerState } from './drill-server.ts'
import { costChecks, inTurns, percentsOf, type TurnsOptions, worst } from './turns.ts'
import { atLeast, exactly, type Verdict } from './verdict.ts'

export interface ConsoleOptions extends TurnsOptions {
  readonly connections: number
  readonly settleMs: number
  readonly scrapeEveryMs: number
  /** Control: while somebody watches, the process is stuck for so long once a second. */
  readonly stuckMs: number
  /** Default: what the promise is. */
  readonly shareMax?: number
  readonly pauseMaxMs?: number
}

const ADDRESSES = Array.from({ length: 40 }, (_, at) => `127.0.0.${at + 2}`)
const OPEN_DEADLINE_MS = 180_000

export async function drillConsole(options: ConsoleOptions): Promise<Verdict> {
  const { connections, turns, seconds, settleMs, stuckMs } = options
  const server = await Child.start({
    file: 'drill-server.ts',
    config: { host: '127.0.0.1', options: {}, admin: true, stuckMs },
  })
  let peers: Child | null = null
  try {
    peers = await Child.start({ file: 'drill-peers.ts', config: {} })
    const [port, adminPort] = [await server.ask<number>('port'), await server.ask<number>('adminPort')]
    const where = { host: '127.0.0.1', port, path: '/sits', addresses: ADDRESSES }
    await peers.ask('open', { ...where, count: connections }, OPEN_DEADLINE_MS)
    await pause(settleMs)
    const looks: Look[] = []
    const measured = await inTurns(server, options, async () => {
      const viewer = new Viewer(adminPort, options)
      // Compiled, and read for the first time.
      await pause(3_000)
      return async () => {
        looks.push(...viewer.end())
        await pause(1_000)
      }
    })
    const { ledger, wrong } = await server.ask<ServerState>('state')
    return {
      drill: 'console',
      checks: [
        exactly('open, wrong', [ledger.open, wrong], [connections, []]),
        exactly('open, as the last look says', looks.at(-1)?.point.open, connections),
        atLeast('looks in each turn', Math.floor(looks.length / turns), Math.floor(seconds * 0.8)),
        ...costChecks(
          measured,
          { share: 'share of a core that looking takes', pause: 'longest pause while somebody watches' },
          options,
        ),
      ],
      numbers: {
        'alone, %': percentsOf(measured.alone),
        'watched, %': percentsOf(measured.busy),
        'longest pause when nobody watches, ms': Math.round(worst(measured.alone)),
        'the last look took, ms': looks.at(-1)?.processes[0]?.look?.costMs ?? null,
        'a look has bytes': JSON.stringify(looks.at(-1) ?? null).length,
      },
    }
  } finally {
    await peers?.end()
    await server.end()
  }
}

/** One page, and Prometheus. */
class Viewer {
  readonly #looks: Look[] = []
  readonly #socket: WebSocket
  readonly #timers: readonly NodeJS.Timeout[]

  constructor(port: number, { scrapeEveryMs, stuckMs }: ConsoleOptions) {
    const at = `127.0.0.1:${port}`
    this.#socket = new WebSocket(`ws://${at}${LIVE_PATH}`, { origin: `http://${at}` })
    this.#socket.on('message', (data) => {
      const told = JSON.parse(String(data)) as Told
      if (told.kind === 'look') this.#looks.push(told)
    })
    const get = (path: string) => () => void fetch(`http://${at}${path}`).then((answer) => answer.arrayBuffer())
    this.#timers = [
      setInterval(get('/metrics'), scrapeEveryMs),
      ...(stuckMs > 0 ? [setInterval(get('/stuck'), 1_000)] : []),
    ]
  }

  end(): readonly Look[] {
    for (const timer of this.#timers) clearInterval(timer)
    this.#socket.terminate()
    return this.#looks
  }
}
