/**
 * A worker for broker-processes.test.ts: a server whose clients are all in one room, with a broker over a mesh. It says `up` with its
 * port, then what happens to its links; it is told whom to meet. Ends when its parent is gone, or is killed.
 */
import { systemClock } from '../../../src/base/clock.ts'
import { Events } from '../../../src/base/events.ts'
import type { BrokerEvents } from '../../../src/broker/broker-events.ts'
import { LinkBroker } from '../../../src/broker/link-broker.ts'
import { Mesh } from '../../../src/broker/mesh.ts'
import { type Connection, createServer } from '../../../src/index.ts'
import { INTERNALS } from '../../../src/server/internals.ts'

export type Word =
  | { readonly kind: 'up'; readonly port: number }
  | { readonly kind: 'linked' | 'unlinked'; readonly peer: string }
  | { readonly kind: 'synced' }

export type Order = { readonly kind: 'meet'; readonly name: string; readonly path: string } | { readonly kind: 'sync' }

const [name = '', path = ''] = process.argv.slice(2)
const tell = (word: Word): void => void process.send?.(word)
const events = new Events<BrokerEvents>((_, thrown) => {
  throw thrown
})
events.on('linked', ({ peer }) => tell({ kind: 'linked', peer }))
events.on('unlinked', ({ peer }) => tell({ kind: 'unlinked', peer }))
const mesh = new Mesh({ name, path, events })
const broker = new LinkBroker({ links: mesh, clock: systemClock, events })
const server = createServer()
server.route('/', {
  open: (connection) => void connection.join('all of us'),
  message(connection, message) {
    connection.room('all of us').publish(message, { except: connection as Connection })
  },
})
server[INTERNALS].connectBroker(broker)
process.on('message', (order: Order) => {
  if (order.kind === 'meet') mesh.meet(order.name, order.path)
  else void broker.sync(5_000).then(() => tell({ kind: 'synced' }))
})
process.on('disconnect', () => process.exit())
await mesh.listen()
await server.listen({ port: 0, host: '127.0.0.1' })
tell({ kind: 'up', port: server.port })
