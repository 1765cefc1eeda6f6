/**
 * A model of sharing: several outboxes, messages for random subsets of them, private ones in between, sockets that block,
 * take a few bytes, and drain. Each socket gets exactly the bytes that were sent to it, in that order. The seed is
 * printed; `SEED=n` runs one again.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FlushQueue } from '../../../src/connection/flush-queue.ts'
import { Outbox } from '../../../src/connection/outbox.ts'
import { SharedMessage } from '../../../src/connection/shared-message.ts'
import { unpooled } from '../../../src/connection/unpooled.ts'
import { encodeFrame } from '../../../src/protocol/frame-writer.ts'
import { turn } from '../../support/deadline.ts'
import { FakeSocket } from '../../support/fake-socket.ts'

const RUNS = 40
const STEPS = 250
const OUTBOXES = 7
const SIZES = [5, 60, 900, 3_000, 9_000, 30_000]

interface Peer {
  readonly socket: FakeSocket
  readonly outbox: Outbox
  /** Its messages wait one by one when it is slow, as those of routes with `drop-oldest` do. */
  readonly oneByOne: boolean
  readonly sent: Buffer[]
}

/** A small generator with a seed: a failure can be run again. */
function randomFrom(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

/** How often each thing was met, so that a run that meets nothing is noticed. */
interface Met {
  joined: number
  shared: number
  blockedShared: number
  kept: number
  dripped: number
}

/** Runs one model and says which sockets got something else; `sabotage` is called between any two steps. */
async function play(seed: number, met: Met, sabotage: (flushes: FlushQueue) => void = () => {}): Promise<number[]> {
  const random = randomFrom(seed)
  const flushes = new FlushQueue()
  const peers = Array.from({ length: OUTBOXES }, (_, index): Peer => {
    const socket = new FakeSocket()
    const outbox = new Outbox(socket.asSocket, flushes, { outboxOnFlushed: () => {} })
    return { socket, outbox, oneByOne: index % 3 === 0, sent: [] }
  })
  const content = (): string => {
    const size = 1 + random(SIZES[random(SIZES.length)]!)
    return random(4) === 0 ? 'é€'.repeat(size / 5) : String.fromCharCode(97 + random(26)).repeat(size)
  }
  const sendPrivately = ({ outbox, oneByOne, sent }: Peer): void => {
    const text = content()
    const binary = random(2) === 0
    const payload = Buffer.from(text)
    const frame = encodeFrame(binary ? 2 : 1, payload)
    if (oneByOne && outbox.queues) {
      met.kept++
      outbox.keep({ frame: unpooled(frame), late: null, key: undefined })
    } else if (binary) outbox.binary(2, payload, false)
    else outbox.text(1, text, payload.length)
    sent.push(frame)
  }
  const sendShared = ({ outbox, oneByOne, sent }: Peer, message: SharedMessage): void => {
    if (outbox.join(message, 1024 * 1024)) met.joined++
    else if (oneByOne && outbox.queues) {
      met.kept++
      outbox.keep({ frame: message.lasting, late: null, key: undefined })
    } else {
      if (outbox.blocked) met.blockedShared++
      else met.shared++
      outbox.share(message)
    }
    sent.push(encodeFrame(message.opcode, message.payload))
  }
  for (let step = 0; step < STEPS; step++) {
    sabotage(flushes)
    const one = peers[random(peers.length)]!
    const what = random(16)
    if (what < 7) {
      const message = new SharedMessage(random(2) === 0 ? content() : Buffer.from(content()), 'publish()')
      // To nearly all, or to a few; sometimes several of the same in a row for everybody.
      const share = [2, 4, 10][random(3)]!
      for (const peer of peers) if (random(share) !== 1) sendShared(peer, message)
    } else if (what < 11) sendPrivately(one)
    else if (what === 11) one.socket.blocked = true
    else if (what === 12) {
      one.socket.unblock()
      one.outbox.flush()
    } else if (what === 13) {
      // A few bytes of what waits go through, as in a kernel whose buffer is nearly full.
      if (one.socket.blocked && one.socket.writableLength > 0) met.dripped++
      one.socket.drip(1 + random(20_000))
    } else if (what === 14) one.outbox.flush()
    else await turn()
  }
  for (let round = 0; round < 2; round++) {
    await turn()
    for (const { socket, outbox } of peers) {
      socket.unblock()
      outbox.flush()
    }
  }
  return peers.flatMap(({ socket, sent }, index) => (socket.bytes.equals(Buffer.concat(sent)) ? [] : [index]))
}

const nothing = (): Met => ({ joined: 0, shared: 0, blockedShared: 0, kept: 0, dripped: 0 })

test('each socket gets exactly what was sent to it, whatever others share with it', async (t) => {
  const given = process.env.SEED
  const first = given === undefined ? 1 + Math.floor(Math.random() * 2 ** 31) : Number(given)
  t.diagnostic(`seeds ${first} to ${first + RUNS - 1}`)
  const met = nothing()
  for (let seed = first; seed < first + RUNS; seed++) {
    assert.deepEqual(await play(seed, met), [], `SEED=${seed}`)
  }
  for (const [what, count] of Object.entries(met)) assert.ok(count > 100, `${what}: only ${count}`)
})

test('control: memory that is used again too early, of one slab or of the other, is noticed', async () => {
  for (const name of ['slab', 'shared'] as const) {
    let wrong = 0
    for (let seed = 1; seed <= 10; seed++) {
      wrong += (
        await play(seed, nothing(), (flushes) => {
          flushes[name].used = 0
        })
      ).length
    }
    assert.ok(wrong > 0, `${name} was used again and nobody noticed`)
  }
})
