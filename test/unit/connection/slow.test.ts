/** What goes when more waits than may wait: decided for one connection, with a socket that takes nothing. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Wheel } from '../../../src/base/wheel.ts'
import type { LatestKey } from '../../../src/connection/backlog.ts'
import { FlushQueue } from '../../../src/connection/flush-queue.ts'
import type { Life } from '../../../src/connection/life.ts'
import { Outbox } from '../../../src/connection/outbox.ts'
import { OutboxBudget } from '../../../src/connection/outbox-budget.ts'
import { keep } from '../../../src/connection/slow.ts'
import { OPEN } from '../../../src/connection/state.ts'
import { encodeFrame } from '../../../src/protocol/frame-writer.ts'
import { TEXT } from '../../../src/protocol/opcodes.ts'
import { FakeSocket } from '../../support/fake-socket.ts'
import { ManualClock } from '../../support/manual-clock.ts'

interface Slow {
  readonly life: Life
  readonly drops: string[]
  keep(text: string, key?: LatestKey): string
  /** The first character of each message that waits, oldest first. */
  waiting(): string
}

function slowReader(outboxBytesMax: number): Slow {
  const socket = new FakeSocket()
  socket.blocked = true
  const outbox = new Outbox(socket.asSocket, new FlushQueue(), { outboxOnFlushed: () => {} })
  const drops: string[] = []
  const events = {
    wanted: () => true,
    emit: (_: string, drop: { reason: string; bytes: number }) => void drops.push(`${drop.reason} ${drop.bytes}`),
  }
  const life = {
    state: OPEN,
    outbox,
    options: { slow: { latestBy: () => undefined }, outboxBytesMax },
    ...{ route: { path: '/' }, connection: { openedAt: 0 }, timeline: null },
    context: {
      ...{ events, wallNow: () => 0 },
      ledger: { messageDropped: () => {} },
      outboxBudget: new OutboxBudget(1024 * 1024, new Wheel(new ManualClock(), () => {})),
    },
  } as unknown as Life
  return {
    life,
    drops,
    keep: (text, key) => keep(life, encodeFrame(1, text), null, key),
    waiting() {
      let first = ''
      for (let one = outbox.backlog?.shift(); one !== undefined; one = outbox.backlog?.shift())
        first += String.fromCharCode(one.frame[one.frame.length - 1]!)
      return first
    },
  }
}

test('beyond the bound the oldest go, and one message may always wait', () => {
  const slow = slowReader(1_000)
  for (const letter of 'abcdef') assert.equal(slow.keep(letter.repeat(120)), 'queued')
  assert.deepEqual(slow.drops, ['drop-oldest 122', 'drop-oldest 122'])
  assert.equal(slow.life.outbox.bytes, 4 * (122 + 128))
  assert.equal(slow.keep('x'.repeat(5_000)), 'queued')
  assert.equal(slow.drops.length, 6)
  assert.equal(slow.waiting(), 'x')
})

test('what was just accepted is not what goes, though it took the place of the oldest', () => {
  const slow = slowReader(1_000)
  slow.keep('a'.repeat(120), 'key')
  for (const letter of 'bcd') slow.keep(letter.repeat(120))
  assert.equal(slow.keep('A'.repeat(500), 'key'), 'queued')
  assert.deepEqual(slow.drops, ['latestBy 122', 'drop-oldest 122', 'drop-oldest 122'])
  assert.equal(slow.keep('Z', 'key'), 'queued', 'it can still be replaced')
  assert.equal(slow.waiting(), 'dZ')
})

test('the same bytes again and again: the oldest of them go, one for each', () => {
  const slow = slowReader(1_000)
  let looks = 0
  Object.defineProperty(slow.life.options, 'outboxBytesMax', {
    get() {
      if (++looks > 1_000) throw new Error('it goes round in circles')
      return 1_000
    },
  })
  // With context takeover what waits is the payload, as it was given, and compressed when it is written.
  const payload = Buffer.alloc(122)
  const late = { opcode: TEXT, encode: (bytes: Uint8Array): Buffer => Buffer.from(bytes) }
  for (let count = 0; count < 10; count++) assert.equal(keep(slow.life, payload, late, undefined), 'queued')
  assert.equal(slow.life.outbox.backlog?.count, 4)
  assert.equal(slow.drops.length, 6)
  // Nor when it takes the place of an older one.
  assert.equal(keep(slow.life, payload, late, 'a'), 'queued')
  assert.equal(keep(slow.life, Buffer.alloc(600), late, 'a'), 'queued')
  assert.equal(slow.life.outbox.backlog?.count, 2)
})

test('a drop says the bytes of the message that is not sent', () => {
  const slow = slowReader(1_000)
  slow.keep('first', 'key')
  slow.keep('second and longer', 'key')
  slow.keep('third', 'key')
  assert.deepEqual(slow.drops, ['latestBy 7', 'latestBy 19'])
})
