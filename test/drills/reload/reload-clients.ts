/**
 * The clients of the drill `reload`, in a process of their own, asked by its parent (child.ts). Every client sends a numbered
 * message in each interval, all of them evenly one after the other (less often when this process cannot keep up), and checks what comes: its own messages back (echo), or
 * those of every publisher in its room. Nobody comes back who was cut off. Ends with its parent.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as pause } from 'node:timers/promises'
import { answer } from '../child.ts'
import { DrillSocket, type Mix, piecesIn, piecesOf, shapeOf } from './drill-socket.ts'
import { Durations, Sequence } from './sequence.ts'

export interface Opening {
  readonly url: string
  readonly count: number
  /** The first so many send; with `room` to all, otherwise everybody to himself. */
  readonly senders: number
  readonly room: boolean
  readonly intervalMs: number
  readonly shape: Mix
  readonly bytes: number
}

export interface ClientsReport {
  readonly opened: number
  /** Messages whose last byte was sent. */
  readonly sent: number
  /** How many of them were to come to somebody, and how many have. */
  readonly wanted: number
  readonly arrived: number
  /** On connections that live. */
  readonly lost: number
  readonly repeated: number
  readonly outOfOrder: number
  /** No message that anybody had sent. */
  readonly strange: number
  /** Ended by the other side, by close code. */
  readonly ended: Readonly<Record<string, number>>
  /** The first few of them, as they were told. */
  readonly endings: readonly string[]
  /** Their connection lives, but the last message of somebody has not come. */
  readonly hanging: number
  readonly longestMs: number
  readonly p50Ms: number
  readonly p99Ms: number
  /** How late this process was itself: it is in the times above. */
  readonly ownDelayMs: number
  /** What this process took of a core for each message that came. */
  readonly ownCpuMicros: number
}

const FLIGHT = 100
const STEP_MS = 5
/** So much of what is late is made up for at once. */
const BURST_MS = 25
const SENT_AT = 256

class Client {
  readonly number: number
  socket: DrillSocket | null = null
  ended = false
  sent = 0
  /** Pieces of the message under way. */
  pieces: readonly Buffer[] = []
  readonly sentAt = new Float64Array(SENT_AT)
  /** What it receives, by who has sent it. */
  readonly heard: readonly Sequence[]

  constructor(number: number, senders: number) {
    this.number = number
    this.heard = Array.from({ length: senders }, () => new Sequence())
  }
}

let opening: Opening
let clients: Client[] = []
let sending = false
let cpuBefore = process.cpuUsage()
let finished: Promise<void> = Promise.resolve()
let strange = 0
const endings: string[] = []
const ended: Record<string, number> = {}
const times = new Durations()
const own = monitorEventLoopDelay({ resolution: 1 })

async function open(asked: Opening): Promise<number> {
  opening = asked
  clients = Array.from({ length: asked.count }, (_, number) => new Client(number, asked.room ? asked.senders : 1))
  let next = 0
  const one = async (): Promise<void> => {
    while (next < clients.length) {
      const client = clients[next++] as Client
      client.socket = await DrillSocket.open(new URL(asked.url), shapeOf(asked.shape, client.number), {
        onText: (text) => hear(client, text),
        onEnd(code, reason) {
          client.ended = true
          ended[code] = (ended[code] ?? 0) + 1
          if (endings.length < 10) endings.push(`${client.number}: ${code} ${reason}`)
        },
      })
    }
  }
  await Promise.all(Array.from({ length: FLIGHT }, one))
  return clients.length
}

/** `sender number`, and something behind it. */
function textOf(sender: number, number: number): string {
  return `${sender} ${number} `.padEnd(opening.bytes, '.')
}

function hear(client: Client, text: string): void {
  const now = performance.now()
  const [sender = -1, number = -1] = text.split(' ', 2).map(Number)
  const from = clients[sender]
  const mine = opening.room ? sender < opening.senders : sender === client.number
  if (from === undefined || !mine || !(number >= 0 && number < from.sent) || text !== textOf(sender, number)) {
    strange++
    return
  }
  client.heard[opening.room ? sender : 0]?.came(number)
  times.add(now - (from.sentAt[number % SENT_AT] as number))
}

function sendPiece(client: Client, piece: number): void {
  if (client.ended) return
  const shape = shapeOf(opening.shape, client.number)
  if (piece === 0) client.pieces = piecesOf(textOf(client.number, client.sent), shape, client.number + client.sent)
  const isLast = piece === client.pieces.length - 1
  if (isLast) {
    client.sentAt[client.sent % SENT_AT] = performance.now()
    client.sent++
  }
  const bytes = client.pieces[piece]
  if (bytes !== undefined) client.socket?.send(bytes, shape === 'held' && !isLast)
}

/** Until it is told to stop, and then to the end of the round, so that no message is left half sent. */
async function sendAll(): Promise<void> {
  const { senders, intervalMs, shape } = opening
  const pieces = piecesIn(shape)
  const stepMs = intervalMs / (pieces * senders)
  const burst = Math.max(1, Math.ceil(BURST_MS / stepMs))
  let steps = 0
  let nextAt = performance.now()
  while (sending || steps % (senders * pieces) !== 0) {
    // When this process is late it sends later: what it has missed must not come all at once.
    nextAt = Math.max(nextAt, performance.now() - BURST_MS)
    for (let left = burst; left > 0 && nextAt <= performance.now(); left--) {
      if (!sending && steps % (senders * pieces) === 0) break
      sendPiece(clients[steps % senders] as Client, Math.floor(steps / senders) % pieces)
      steps++
      nextAt += stepMs
    }
    await pause(STEP_MS)
  }
}

/** No message more; then waits until everything that can come has come, at most `settleMs`. */
async function stop({ settleMs }: { settleMs: number }): Promise<ClientsReport> {
  sending = false
  await finished
  const until = performance.now() + settleMs
  while (performance.now() < until && clients.some((client) => !client.ended && !isComplete(client))) await pause(20)
  // What comes twice may come late.
  await pause(Math.min(500, settleMs))
  own.disable()
  const report = reportNow()
  for (const client of clients) if (!client.ended) client.socket?.leave()
  return report
}

/** Who sends what it has to hear. A sender that was cut off may have sent its last message in vain. */
function wantedBy(client: Client): { readonly sequence: Sequence; readonly sent: number }[] {
  return client.heard.flatMap((sequence, sender) => {
    const from = opening.room ? (clients[sender] as Client) : client
    return from.ended ? [] : [{ sequence, sent: from.sent }]
  })
}

function isComplete(client: Client): boolean {
  return wantedBy(client).every(({ sequence, sent }) => sequence.arrived >= sent && sequence.isServed(sent))
}

function reportNow(): ClientsReport {
  const living = clients.filter((client) => !client.ended)
  const heard = clients.flatMap((client) => client.heard)
  const wanted = living.flatMap(wantedBy)
  const cpu = process.cpuUsage(cpuBefore)
  const sum = (counts: number[]): number => counts.reduce((total, count) => total + count, 0)
  return {
    ...{ opened: clients.length, sent: sum(clients.map(({ sent }) => sent)) },
    wanted: sum(wanted.map(({ sent }) => sent)),
    arrived: sum(heard.map(({ arrived }) => arrived)),
    lost: sum(wanted.map(({ sequence, sent }) => sequence.lost(sent))),
    repeated: sum(heard.map(({ repeated }) => repeated)),
    outOfOrder: sum(heard.map(({ outOfOrder }) => outOfOrder)),
    ...{ strange, ended, endings },
    hanging: living.filter((client) => wantedBy(client).some(({ sequence, sent }) => !sequence.isServed(sent))).length,
    longestMs: Math.round(times.longestMs),
    ...{ p50Ms: times.quantile(0.5), p99Ms: times.quantile(0.99), ownDelayMs: Math.round(own.max / 1e6) },
    ownCpuMicros: Math.round((cpu.user + cpu.system) / Math.max(1, times.count)),
  }
}

answer({
  ready: () => true,
  open,
  start() {
    sending = true
    own.enable()
    cpuBefore = process.cpuUsage()
    finished = sendAll()
  },
  look: reportNow,
  stop,
})
