/**
 * The app that the drill `reload` deploys again and again: an echo, rooms, handlers that take their time, long answers to who does
 * not read. It takes Holdfast as it was built. What the drill cannot see from outside it
 * says on stdout, as events of its own.
 *
 * Ends with its worker.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { createServer } from 'holdfast'

const { DRILL_HOARD_BYTES = '0' } = process.env

const BUSY_MS = 700
const PIECE_BYTES = 8 * 1024
const FILL_MS = 5

const say = (event, values) => process.stdout.write(`${JSON.stringify({ event, ...values })}\n`)

const server = createServer({ deflate: true, drainWindowMs: 100, drainTimeoutMs: 5_000 })
server.on('error', (problem) => console.error(problem))

server.route('/echo', { message: (connection, message) => void connection.send(message) })

server.route('/room/:room', {
  open: (connection) => void connection.join(connection.params.room),
  message: (connection, message) => void connection.room(connection.params.room).publish(message),
})

/** Every message keeps its handler for a while. */
server.route('/busy', {
  async message(connection, message) {
    await pause(BUSY_MS)
    connection.send(message)
  },
})

/**
 * `fill BYTES`: numbered messages, until so much waits for it here. `end`: how many there were. Anything else comes back.
 */
server.route('/backlog', {
  upgrade: () => ({ sent: 0 }),
  hold(connection, { moved }) {
    if (moved) say('carried', { bytes: connection.bufferedBytes })
  },
  message(connection, message) {
    const [word, bytes] = message.split(' ')
    if (word === 'fill') void fill(connection, Number(bytes))
    else connection.send(word === 'end' ? `end ${connection.data.sent}` : message)
  },
})

/** Ends when enough waits, or the connection has gone. */
async function fill(connection, bytes) {
  while (connection.bufferedBytes < bytes) {
    for (let count = 0; count < 8; count++) connection.send(`${connection.data.sent++} `.padEnd(PIECE_BYTES, '.'))
    // The kernel takes what it can.
    await pause(FILL_MS)
    if (connection.state !== 'open') return
  }
  say('filled', { bytes: connection.bufferedBytes })
}

/** Control: cannot move, because nobody would set up in another process what its scope holds. */
server.route('/held', {
  open: (connection) => void connection.scope.every(60_000, () => {}),
  message: (connection, message) => void connection.send(message),
})

/** Control, when told to: with each move there is more of it. */
server.route('/kept', {
  upgrade: () => ({ kept: [] }),
  hold(connection, { moved }) {
    if (moved && DRILL_HOARD_BYTES !== '0') connection.data.kept.push('x'.repeat(Number(DRILL_HOARD_BYTES)))
  },
  message: (connection, message) => void connection.send(message),
})

const remembered = new Set()

/** Leaks on purpose: each connection, until its worker has gone. */
server.route('/remembered', {
  open: (connection) => void remembered.add(connection),
  message(connection, message) {
    remembered.add(connection)
    connection.send(message)
  },
})

// biome-ignore lint/style/noDefaultExport: it is what `holdfast run` asks an app for
export default server
