/**
 * Target `damage`: mutated upgrade requests and mutated traffic over sockets, against a server in a process of its own.
 * The server must live, end every socket by its deadlines while the peer keeps its side open, keep its ledger and its memory.
 * Owns the process; `close` ends it and judges what it says last.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { fileURLToPath } from 'node:url'
import { DeflatePeer } from '../../conformance/deflate-peer.ts'
import { programOf } from '../../support/program.ts'
import { mutate } from '../mutate.ts'
import type { Random } from '../random.ts'
import type { Report } from '../server-child.ts'
import { must, type Session, type Target, within } from '../target.ts'
import { drawChunks, drawSteps, encodeSteps } from '../traffic.ts'

const PARALLEL = 160
/** The longest chain of the child's deadlines is below 2 s; the rest is for a busy machine. */
const DEADLINE_MS = 15_000
const HEAP_GROWTH_MAX = 64 * 1024 * 1024

export const damageTarget: Target = {
  name: 'damage',
  about:
    'mutated upgrade requests and frames over sockets: the server lives, ends them in time, keeps ledger and memory',
  share: 2,
  open,
}

async function open(): Promise<Session> {
  const child = fork(programOf(fileURLToPath(new URL('../server-child.ts', import.meta.url))), {
    execArgv: ['--expose-gc', '--max-old-space-size=256'],
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  })
  let errors = ''
  child.stderr?.on('data', (chunk: Buffer) => {
    errors = (errors + chunk.toString()).slice(-4000)
  })
  const escaped: string[] = []
  child.on('message', (report: Report) => {
    if (report.kind === 'escaped') escaped.push(report.message)
  })
  const alive = (): void => {
    must(escaped.length === 0, () => `escaped from the library: ${escaped.join('\n')}`)
    must(child.exitCode === null && child.signalCode === null, () => `the server died: ${errors}`)
  }
  const { port } = await next(child, 'listening')
  let baseBytes = 0
  return {
    async run(random) {
      const sockets: Socket[] = []
      let report: Report
      try {
        await Promise.all(Array.from({ length: PARALLEL }, () => attack(random, port, sockets)))
        alive()
        // Not before the server has let go of all of them do we close our side.
        report = await settled(child)
      } finally {
        for (const socket of sockets) socket.destroy()
      }
      must(report.imbalances.length === 0, () => `ledger: ${report.imbalances.join('; ')}`)
      must(report.rooms === 0, () => `${report.rooms} rooms are left`)
      if (baseBytes === 0) baseBytes = report.heapBytes
      const grown = report.heapBytes - baseBytes
      must(grown < HEAP_GROWTH_MAX, () => `the heap has grown by ${grown} bytes`)
    },
    async close() {
      alive()
      const exit = once(child, 'exit')
      const closed = next(child, 'closed')
      child.send('close')
      try {
        const report = await closed
        must(report.left === 0 && report.imbalances.length === 0, () => `after close(): ${JSON.stringify(report)}`)
        await within(DEADLINE_MS, 'the exit of the server', exit)
      } finally {
        child.kill('SIGKILL')
      }
    },
  }
}

function next(child: ChildProcess, kind: Report['kind']): Promise<Report> {
  const arrived = new Promise<Report>((resolve, reject) => {
    const childOnMessage = (report: Report): void => {
      if (report.kind !== kind) return
      child.off('message', childOnMessage).off('exit', childOnExit)
      resolve(report)
    }
    const childOnExit = (): void => reject(new Error(`the server died before it said "${kind}"`))
    child.on('message', childOnMessage).on('exit', childOnExit)
  })
  return within(DEADLINE_MS, `"${kind}" from the server`, arrived)
}

/** A report in which nothing is left open: asked for until the deadline. */
async function settled(child: ChildProcess): Promise<Report> {
  const until = performance.now() + DEADLINE_MS
  for (;;) {
    const answer = next(child, 'report')
    child.send('report')
    const report = await answer
    if (report.left === 0) return report
    must(performance.now() < until, () => `never settles: ${JSON.stringify(report)}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

const PATHS = ['/echo', '/later/x', '/later/no', '/none', '/echo?a=b#c', '*', 'http://x/echo', '/later/%ff']

function drawRequest(random: Random): Buffer {
  const extras = [
    'Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits',
    'Sec-WebSocket-Protocol: b, a',
    'Origin: http://127.0.0.1',
    'Content-Length: 5',
    'Transfer-Encoding: chunked',
    `X-Long: ${'x'.repeat(random.pick([10, 8192, 20_000]))}`,
  ]
  const lines = [
    `GET ${random.chance(0.7) ? '/echo' : random.pick(PATHS)} HTTP/1.1`,
    'Host: 127.0.0.1',
    'Upgrade: websocket',
    'Connection: Upgrade',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    'Sec-WebSocket-Version: 13',
    ...extras.filter((_, index) => random.chance(index === 0 ? 0.5 : 0.1)),
  ]
  const request = Buffer.from(`${lines.join('\r\n')}\r\n\r\n`)
  return random.chance(0.4) ? mutate(random, request) : request
}

/** One connection. It never closes its side by itself but where it breaks off: the server has to end it. */
async function attack(random: Random, port: number, sockets: Socket[]): Promise<void> {
  const steps = drawSteps(random, { stepsMax: 6, bytesMax: 30_000, deflate: random.chance(0.3) }, random.chance(0.4))
  const agreed = { serverKeepsContext: false, clientKeepsContext: true, serverWindowBits: 15, clientWindowBits: 15 }
  const peer = new DeflatePeer(agreed)
  const traffic = encodeSteps(random, steps, (payload) => peer.compress(payload))
  const stream = Buffer.concat([drawRequest(random), random.chance(0.7) ? mutate(random, traffic) : traffic])
  const chunks = drawChunks(random, stream)
  const manner = random.int(0, 9)
  const pauses = random.chance(0.3)
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
  sockets.push(socket)
  socket.on('error', () => {})
  const over = new Promise<void>((resolve) => {
    socket.once('end', resolve)
    socket.once('close', () => resolve())
  })
  // A tenth never reads: what the server wants to say finds no reader.
  if (manner !== 0) socket.resume()
  else setTimeout(() => socket.resume(), 1000)
  for (const chunk of chunks) {
    if (socket.destroyed || !socket.writable) break
    socket.write(chunk)
    if (pauses) await new Promise(setImmediate)
  }
  if (manner === 1) socket.resetAndDestroy()
  else if (manner === 2) socket.end()
  else if (manner === 3) socket.destroy()
  const told = (): string => JSON.stringify(stream.subarray(0, 300).toString('latin1'))
  await within(DEADLINE_MS, `the end of a connection (manner ${manner}, ${told()})`, over)
}
