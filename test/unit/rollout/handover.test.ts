/** One worker hands over to another, where both do what a test says: in which order ends and words come. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { systemClock } from '../../../src/base/clock.ts'
import type { Order } from '../../../src/rollout/control.ts'
import type { Exit, ForkedWorker } from '../../../src/rollout/forked-worker.ts'
import { type HandoverContext, handOver } from '../../../src/rollout/handover.ts'
import { Slot } from '../../../src/rollout/slot.ts'
import { type Deferred, deferred, within } from '../../support/deadline.ts'

const MOVED = {
  moved: 5,
  total: 5,
  stayed: {},
  unanswered: 0,
  durationMs: 1,
  movingMs: 1,
  stopped: null as string | null,
}

/** As much of a worker as a handover sees. */
class Actor {
  readonly pid: number
  readonly generation = { number: 1, app: { path: 'app.js', nodeOptions: [] }, nodeOptions: [] }
  readonly orders: string[] = []
  readonly exit: Deferred<Exit> = deferred<Exit>()
  readonly gone = this.exit.promise
  state = 'serving'
  leaving = false
  figures = null
  moved = { ...MOVED }
  onOrder: (kind: Order['kind']) => void = () => {}

  constructor(pid: number) {
    this.pid = pid
  }

  order(order: Order): void {
    this.orders.push(order.kind)
    if (order.kind === 'lane')
      connect(order.path)
        .on('error', () => {})
        .unref()
    this.onOrder(order.kind)
  }

  hears(kind: string): Promise<unknown> {
    if (kind === 'lane') return Promise.resolve({ kind, problem: '' })
    return kind === 'moved' ? Promise.resolve({ kind, report: this.moved }) : new Promise(() => {})
  }

  die(code: number): void {
    this.state = 'gone'
    this.exit.resolve({ code, signal: null, reason: `it ended with code ${code}` })
  }

  kill(): void {
    this.orders.push('kill')
    this.die(1)
  }

  get worker(): ForkedWorker {
    return this as unknown as ForkedWorker
  }
}

interface Scene {
  readonly old: Actor
  readonly next: Actor
  readonly slot: Slot
  readonly done: () => ReturnType<typeof handOver>
}

function scene(t: TestContext): Scene {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-unit-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const [old, next] = [new Actor(1), new Actor(2)]
  const context: Partial<HandoverContext> = {
    ...{ clock: systemClock, random: () => 0, started: true, options: { busyMoveMs: 0 } as never },
    fork: () => next.worker,
    serving: () => Promise.resolve(),
    listen: (worker) => worker.order({ kind: 'listen' }),
    socketPath: (name) => join(folder, name),
    handoverOnPhase: () => {},
  }
  const slot = new Slot(0, context as HandoverContext)
  slot.worker = old.worker
  return { old, next, slot, done: () => within('it', handOver(slot, old.generation, context as HandoverContext)) }
}

test('all has moved, the old one drains and goes: the new one has the slot', async (t) => {
  const { old, next, slot, done } = scene(t)
  old.onOrder = (kind) => void (kind === 'drain' && old.die(0))
  assert.equal((await done()).move?.moved, 5)
  assert.deepEqual([old.orders, slot.worker, slot.next], [['lane', 'move', 'drain'], next.worker, null])
})

test('the old one knows that the new one is dead before the system has said so: it is not drained', async (t) => {
  const { old, next, slot, done } = scene(t)
  old.moved.stopped = 'the new worker has closed the lane'
  old.onOrder = (kind) => void (kind === 'move' && setTimeout(() => next.die(9), 100))
  await assert.rejects(done(), /the new worker died: it ended with code 9/)
  assert.deepEqual([old.orders, slot.worker], [['lane', 'move', 'listen'], old.worker])
})

test('the new one leaves of its own accord: the old one goes on', async (t) => {
  const { old, next, done } = scene(t)
  old.onOrder = (kind) => {
    if (kind === 'move') next.leaving = true
    if (kind === 'listen') next.die(0)
  }
  await assert.rejects(done(), /the new worker died: it ended with code 0/)
  assert.deepEqual(old.orders, ['lane', 'move', 'listen'])
})

test('a worker that has not served yet has nothing to hand over: it is told to go', async (t) => {
  const { old, next, slot, done } = scene(t)
  old.state = 'starting'
  assert.equal((await done()).move, null)
  assert.deepEqual([old.orders, slot.worker], [['drain'], next.worker])
})
