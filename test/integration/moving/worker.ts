/**
 * One of two processes that move connections: a server that echoes, told by its parent what to do. It ends when its parent does.
 */
import type { SendHandle } from 'node:child_process'
import { type Connection, createServer } from '../../../src/index.ts'
import { INTERNALS } from '../../../src/server/internals.ts'

/** What the parent says. */
export type Order =
  | { readonly kind: 'listen' }
  | { readonly kind: 'move' }
  | { readonly kind: 'adopt'; readonly id: string; readonly state: Uint8Array }
  | { readonly kind: 'adopted'; readonly id: string }
  | { readonly kind: 'commit'; readonly id: string }
  | { readonly kind: 'ledger' }

/** What it answers. */
export type Answer =
  | { readonly kind: 'listening'; readonly port: number }
  | { readonly kind: 'departed'; readonly id: string; readonly state: Uint8Array }
  | { readonly kind: 'adopted'; readonly id: string }
  | { readonly kind: 'all moved' }
  | {
      readonly kind: 'ledger'
      readonly imbalances: readonly string[]
      readonly counts: Readonly<Record<string, number>>
    }

const server = createServer().route('/', {
  upgrade: () => ({ pid: process.pid, seen: 0 }),
  message(connection, message) {
    connection.data.seen++
    connection.send(`${message} as number ${connection.data.seen}`)
  },
})
const { departures, arrivals } = server[INTERNALS]
// Removed by: the answer.
const waiting = new Map<string, () => void>()

function answer(message: Answer, handle?: object): void {
  process.send?.(message, handle as SendHandle | undefined)
}

async function move(connection: Connection): Promise<void> {
  const frozen = await departures.freeze(connection, 1_000)
  const departed = await frozen?.depart(1_000)
  if (!frozen || !departed) throw new Error('it does not depart')
  const { id } = frozen
  const adopted = new Promise<void>((resolve) => void waiting.set(id, resolve))
  answer({ kind: 'departed', id, state: departed.state }, departed.handle)
  await adopted
  frozen.adopted()
}

async function obey(order: Order, handle: unknown): Promise<void> {
  if (order.kind === 'listen') {
    await server.listen({ port: 0, host: '127.0.0.1' })
    answer({ kind: 'listening', port: server.port })
  } else if (order.kind === 'move') {
    for (const connection of [...departures.connections()]) await move(connection)
    answer({ kind: 'all moved' })
  } else if (order.kind === 'adopt') {
    await arrivals.adopt(order.id, order.state, handle as object)
    answer({ kind: 'adopted', id: order.id })
  } else if (order.kind === 'adopted') {
    waiting.get(order.id)?.()
    waiting.delete(order.id)
  } else if (order.kind === 'commit') arrivals.commit(order.id)
  else {
    const { imbalances, open, moved, adopted, closed } = server.ledger()
    const kernel = await server.checkKernel()
    answer({
      kind: 'ledger',
      imbalances: [...imbalances, ...kernel.imbalances],
      counts: { open, moved, adopted, closed },
    })
  }
}

process.on('message', (order: Order, handle: unknown) => void obey(order, handle))
process.on('disconnect', () => process.exit(0))
