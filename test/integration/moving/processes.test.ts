/**
 * Two processes, a parent that carries handles and states between them, and clients that never stop sending: nobody notices, nothing is
 * lost, repeated or out of order.
 */
import assert from 'node:assert/strict'
import { type ChildProcess, fork, type SendHandle } from 'node:child_process'
import { once } from 'node:events'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { turn, until, within } from '../../support/deadline.ts'
import { programOf } from '../../support/program.ts'
import { openRaw, type RawClient } from '../../support/raw-client.ts'
import { clientMessage } from '../../support/wire.ts'
import type { Answer, Order } from './worker.ts'

const WORKER = programOf(fileURLToPath(new URL('worker.ts', import.meta.url)))
const CLIENTS = 60

class Worker {
  readonly #child: ChildProcess
  onAnswer: (answer: Answer, handle: unknown) => void = () => {}

  constructor(t: TestContext) {
    this.#child = fork(WORKER, { serialization: 'advanced', execArgv: [] })
    this.#child.on('message', (answer, handle) => this.onAnswer(answer as Answer, handle))
    t.after(async () => {
      const gone = once(this.#child, 'exit')
      this.#child.disconnect()
      await within('the worker to exit', gone)
    })
  }

  /** Resolves when the handle is over there. */
  tell(order: Order, handle?: unknown): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#child.send(order, handle as SendHandle, (error) => (error === null ? resolve() : reject(error)))
    })
  }

  /** Tells, and waits for an answer of that kind. */
  ask<Kind extends Answer['kind']>(order: Order, kind: Kind): Promise<Extract<Answer, { kind: Kind }>> {
    const answered = new Promise<Extract<Answer, { kind: Kind }>>((resolve) => {
      const before = this.onAnswer
      this.onAnswer = (answer, handle) => {
        if (answer.kind !== kind) {
          before(answer, handle)
          return
        }
        this.onAnswer = before
        resolve(answer as Extract<Answer, { kind: Kind }>)
      }
    })
    void this.tell(order)
    return within(kind, answered)
  }
}

/** Carries what departs from one to the other. */
function connectWorkers(from: Worker, to: Worker): void {
  from.onAnswer = (answer, handle) => {
    assert.equal(answer.kind, 'departed')
    if (answer.kind !== 'departed') return
    const carried = handle as { close(): void }
    void to.tell({ kind: 'adopt', id: answer.id, state: answer.state }, carried).then(() => carried.close())
  }
  to.onAnswer = (answer) => {
    if (answer.kind !== 'adopted') return
    void from.tell({ kind: 'adopted', id: answer.id })
    void to.tell({ kind: 'commit', id: answer.id })
  }
}

test('60 clients that keep sending, in pieces, while all of them move to another process', async (t) => {
  const [from, to] = [new Worker(t), new Worker(t)]
  connectWorkers(from, to)
  const { port } = await from.ask({ kind: 'listen' }, 'listening')
  const clients: RawClient[] = []
  for (let index = 0; index < CLIENTS; index++) clients.push(await openRaw(t, port))
  const sent = clients.map(() => 0)
  let moving = true
  const sendAll = async (): Promise<void> => {
    for (let round = 0; moving || round < 40; round++) {
      for (const [index, client] of clients.entries()) {
        const number = (sent[index] as number)++
        const bytes = clientMessage(1, Buffer.from(`message ${number + 1}`), [3, 2])
        const cut = round % bytes.length
        client.write(bytes.subarray(0, cut))
        client.write(bytes.subarray(cut))
      }
      await turn()
      await new Promise((resolve) => setTimeout(resolve, 2))
    }
  }
  const sending = sendAll()
  await from.ask({ kind: 'move' }, 'all moved')
  moving = false
  await sending
  for (const [index, client] of clients.entries()) {
    const count = sent[index] as number
    await until(`all echoes of client ${index}`, () => client.texts.length >= count || client.closed)
    assert.deepEqual(
      client.texts,
      Array.from({ length: count }, (_, number) => `message ${number + 1} as number ${number + 1}`),
    )
    assert.equal(client.ended, false)
  }
  const old = await from.ask({ kind: 'ledger' }, 'ledger')
  const next = await to.ask({ kind: 'ledger' }, 'ledger')
  assert.deepEqual([...old.imbalances, ...next.imbalances], [])
  assert.deepEqual(old.counts, { open: 0, moved: CLIENTS, adopted: 0, closed: 0 })
  assert.deepEqual(next.counts, { open: CLIENTS, moved: 0, adopted: CLIENTS, closed: 0 })
})
