/**
 * The clients of the drill `drain`: `holdfast/client` over the WebSocket of ws. They go to the port they were told last, so
 * after `turn` to the next server. Ends with its parent.
 */
import { WebSocket } from 'ws'
import { type Client, connect } from '../../src/client/index.ts'
import { answer } from './child.ts'

export interface DrainClientsState {
  readonly open: number
  /** Answers that came, and messages that were sent. */
  readonly answers: number
  readonly sent: number
  /** How the connections to the first server ended: by code, and with what the server said of the time to come back. */
  readonly codes: Readonly<Record<string, number>>
  readonly told: { readonly least: number; readonly most: number; readonly missing: number }
}

const IN_FLIGHT_MAX = 200
const WAIT_FOR_OPEN_MS = 60_000
const clients: Client[] = []
const codes: Record<string, number> = {}
let port = 0
let answers = 0
let sent = 0
let [least, most, missing] = [Number.POSITIVE_INFINITY, 0, 0]
let saying: NodeJS.Timeout | undefined

function note(code: number, reason: string): void {
  codes[code] = (codes[code] ?? 0) + 1
  const told = Number(/^\{"retryAfterMs":(\d+)\}$/.exec(reason)?.[1] ?? Number.NaN)
  if (Number.isNaN(told)) missing++
  else [least, most] = [Math.min(least, told), Math.max(most, told)]
}

function one(path: string): Promise<Client> {
  return new Promise((resolve, reject) => {
    let first = true
    const client = connect(() => `ws://127.0.0.1:${port}${path}`, {
      WebSocket,
      onMessage: () => void answers++,
      onState(state) {
        if (state.name === 'open' && first) {
          first = false
          clearTimeout(late)
          resolve(client)
        } else if (state.name === 'waiting' || state.name === 'stopped') note(state.ending.code, state.ending.reason)
      },
    })
    const late = setTimeout(() => reject(new Error('a client did not come in')), WAIT_FOR_OPEN_MS)
    clients.push(client)
  })
}

async function open(to: { port: number; path: string; count: number }): Promise<void> {
  port = to.port
  let left = to.count
  const some = async (): Promise<void> => {
    while (left-- > 0) {
      const client = await one(to.path)
      if (to.path === '/stuck') client.send('x')
    }
  }
  await Promise.all(Array.from({ length: IN_FLIGHT_MAX }, some))
}

/** The first so many say something again and again, until the drain has reached them. */
function say({ count, everyMs }: { count: number; everyMs: number }): void {
  const talking = clients.slice(0, count)
  saying = setInterval(() => {
    for (const client of talking) if (client.send('more')) sent++
  }, everyMs)
}

answer({
  ready: () => null,
  open,
  say,
  hush: () => clearInterval(saying),
  turn: (to: { port: number }) => {
    port = to.port
  },
  state: (): DrainClientsState => {
    const open = clients.filter(({ state }) => state.name === 'open').length
    return { open, answers, sent, codes, told: { least, most, missing } }
  },
})
