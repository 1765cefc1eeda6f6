/**
 * An ordinary server for the drill `reload`, in a process of its own: an echo at `/echo`, rooms at `/room/:room`. It can be
 * told to do one thing wrong, so that the drill can be seen to find it. Ends with its parent.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { type Connection, createServer } from '../../../src/index.ts'
import { answer } from '../child.ts'
import type { Fault } from './faults.ts'

const { fault } = JSON.parse(process.argv[2] as string) as { fault: Fault }
/** So many messages go well between two that do not. */
const EVERY = 100
const LATE_MS = 700

const server = createServer({ deflate: true })
let messages = 0
let hung: Connection | null = null
let kept: (() => void) | null = null
let swapped: Connection | null = null

/** Sends, or does what it is told to do wrong instead. */
async function pass(connection: Connection, message: string, send: (message: string) => void): Promise<void> {
  const isWrong = ++messages % EVERY === 0
  if (fault === 'hang' && messages === EVERY) hung = connection
  if (connection === hung) return
  if (fault === 'late' && isWrong) await pause(LATE_MS)
  if (fault === 'cut' && isWrong) connection.end({ code: 1012, reason: 'restart' })
  if (fault === 'lose' && isWrong) return
  if (fault === 'swap' && isWrong && kept === null) {
    // Behind the next one of the same connection.
    kept = () => send(message)
    swapped = connection
    return
  }
  send(fault === 'alter' && isWrong ? `${message}!` : message)
  if (fault === 'repeat' && isWrong) send(message)
  if (connection === swapped) {
    kept?.()
    kept = swapped = null
  }
}

server.route('/echo', {
  message: (connection, message) => pass(connection, String(message), (text) => connection.send(text)),
})
server.route('/room/:room', {
  open: (connection) => connection.join(connection.params.room as string),
  message(connection, message) {
    const room = connection.room(connection.params.room as string)
    return pass(connection, String(message), (text) => room.publish(text))
  },
})
await server.listen({ port: 0, host: '127.0.0.1' })

answer({
  ready: () => true,
  port: () => server.port,
  ledger() {
    const { routes: _routes, ...ledger } = server.ledger()
    return ledger
  },
})
