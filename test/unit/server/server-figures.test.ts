/** The figures of a server with many connections: looked at in lots, and right although some come and go meanwhile. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Traffic } from '../../../src/connection/traffic.ts'
import { FiguresOfServer } from '../../../src/server/server-figures.ts'

const MANY = 2_500

interface FakeLife {
  state: { name: string }
  readonly route: { readonly path: string }
  readonly connection: { readonly openedAt: number }
  readonly socket: { bytesRead: number; bytesWritten: number; writableLength: number }
}

/** Those who are there, as a server has them; each has received 10 bytes, and sent 5 of 7. */
function crowd(size: number) {
  const traffic = new Traffic(() => 0)
  const lives = new Set<FakeLife>()
  const add = (): FakeLife => {
    const socket = { bytesRead: 10, bytesWritten: 7, writableLength: 2 }
    const life = { state: { name: 'open' }, route: { path: '/' }, connection: { openedAt: 0 }, socket }
    lives.add(life)
    return life
  }
  /** As it ends, or moves. */
  const leave = (life: FakeLife, name: 'closed' | 'moved'): void => {
    life.state = { name }
    life.socket.writableLength = 0
    life.socket.bytesWritten = 5
    lives.delete(life)
    traffic.ended(life as never, null)
  }
  const all = Array.from({ length: size }, add)
  const context = {
    ...{ countTraffic: () => traffic, hub: { lives: () => lives.values() }, routes: { paths: ['/', '/empty'] } },
    ...{ openings: new Map(), wheel: { now: 0 }, wallNow: () => 1_000, outboxBudget: { bytes: 3 } },
    ...{ admission: { connectionsLimit: 9 }, closing: false },
  }
  return { all, add, leave, context, figures: new FiguresOfServer(context as never) }
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

test('few are looked at in one go', async () => {
  const { figures } = crowd(3)
  let turns = 0
  const counting = turn().then(() => turns++)
  const { connections, receivedBytes, sentBytes, outboxBytes, connectionsLimit } = await figures.read()
  assert.equal(turns, 0)
  assert.deepEqual([receivedBytes, sentBytes, outboxBytes, connectionsLimit], [30, 15, 3, 9])
  assert.deepEqual([connections['/']?.open, connections['/']?.oldestMs, connections['/empty']?.open], [3, 1_000, 0])
  await counting
})

test('of many, each byte is counted once, whoever comes and goes between two lots; no sum falls', async () => {
  const { all, add, leave, figures } = crowd(MANY)
  const reading = figures.read()
  assert.equal(figures.read(), reading, 'two who ask at once get the same')
  const [seen, unseen, moving] = [all[0]!, all[1_500]!, all[MANY - 1]!]
  leave(seen, 'closed')
  leave(unseen, 'closed')
  leave(moving, 'moved')
  add()
  all[2_000]!.socket.bytesRead += 100
  const first = await reading
  assert.deepEqual([first.receivedBytes, first.sentBytes], [MANY * 10 + 100, MANY * 5])
  // The first had been looked at before it went.
  assert.equal(first.connections['/']?.open, MANY - 2)
  const second = await figures.read()
  assert.deepEqual([second.receivedBytes, second.sentBytes], [(MANY + 1) * 10 + 100, (MANY + 1) * 5])
  assert.equal(second.connections['/']?.open, MANY + 1 - 3)
})

test('of many, everybody else has a turn after each lot', async () => {
  const { figures } = crowd(MANY)
  let turns = 0
  let isOver = false
  const others = (async () => {
    for (; !isOver; turns++) await turn()
  })()
  await figures.read()
  isOver = true
  await others
  assert.ok(turns >= 2, `${turns} turns`)
})

test('of one that closes, whoever asks last is not told what was seen before', async () => {
  const { all, context, figures } = crowd(MANY)
  const before = figures.read()
  all[0]!.socket.bytesRead += 100
  context.closing = true
  assert.equal((await figures.read()).receivedBytes, MANY * 10 + 100)
  assert.equal((await before).receivedBytes, MANY * 10, 'control: the first had been looked at')
})
