/**
 * The server that target `damage` tries to break: a process of its own with short deadlines, which answers `report` with its
 * ledger and memory. Owned by the target that forked it; ends with `close`, or when its parent is gone.
 */
import { createServer, reject } from '../../src/index.ts'

export interface Report {
  readonly kind: 'listening' | 'report' | 'closed' | 'escaped'
  readonly port: number
  readonly imbalances: readonly string[]
  /** Openings, connections that are not closed, and sockets. */
  readonly left: number
  readonly rooms: number
  readonly heapBytes: number
  readonly rssBytes: number
  readonly upgrades: number
  readonly accepted: number
  readonly message: string
}

const server = createServer({
  ...{ handshakeTimeoutMs: 300, closeTimeoutMs: 150, idleTimeoutMs: 400, keepaliveIntervalMs: 150 },
  ...{ messageTimeoutMs: 300, handlerTimeoutMs: 300, drainTimeoutMs: 300, messageBytesMax: 65_536, handlerQueueMax: 4 },
})
server.on('error', () => {})
server.route('/echo', {
  deflate: { thresholdBytes: 10, clientContextTakeover: true },
  protocols: ['a', 'b'],
  open: (connection) => void connection.join('all'),
  hold: (connection) => void connection.scope.every(50, () => connection.ping()),
  message: (connection, message) => void connection.send(message),
})
server.route('/later/:name', {
  async upgrade(request) {
    await new Promise((resolve) => setTimeout(resolve, 5))
    if (request.params.name === 'no') throw reject(401, 'no')
    return { name: request.params.name }
  },
  async message(connection, message) {
    await new Promise((resolve) => setTimeout(resolve, 2))
    connection.room('all').publish(message)
  },
})

function report(kind: Report['kind'], message = ''): void {
  const { imbalances, opening, open, draining, closing, sockets, upgrades, accepted } = server.ledger()
  const { heapUsed: heapBytes, rss: rssBytes } = process.memoryUsage()
  const left = opening + open + draining + closing + sockets
  const sizes = { heapBytes, rssBytes, left, rooms: server.roomCount, upgrades, accepted }
  process.send?.({ kind, port: server.port, imbalances, message, ...sizes } satisfies Report)
}

for (const name of ['uncaughtException', 'unhandledRejection'] as const) {
  process.on(name, (thrown: unknown) => {
    report('escaped', `${name}: ${thrown instanceof Error ? thrown.stack : String(thrown)}`)
  })
}
process.on('disconnect', () => process.exit(0))
process.on('message', (wanted) => {
  if (wanted === 'report') {
    globalThis.gc?.()
    report('report')
  }
  if (wanted === 'close') {
    void server.close().then(() => {
      report('closed')
      process.disconnect?.()
    })
  }
})
await server.listen({ port: 0, host: '127.0.0.1' })
report('listening')
