/**
 * Nothing left (the promise P1): 20,000 connections opened and ended in every way, and afterwards the ledger, the descriptors, the
 * scopes, the listeners and the heap are where they began. Server and peers are one process, so that the heap can be asked. The
 * controls leak on purpose and must be seen.
 */
import assert from 'node:assert/strict'
import { EventEmitter, setMaxListeners } from 'node:events'
import { readdirSync } from 'node:fs'
import { after, before, describe, type TestContext, test } from 'node:test'
import { setImmediate as macrotask } from 'node:timers/promises'
import { queryObjects } from 'node:v8'
import { Scope } from '../../src/base/scope.ts'
import { Connection } from '../../src/connection/connection.ts'
import { Life } from '../../src/connection/life.ts'
import type { Server } from '../../src/index.ts'
import { Opening } from '../../src/server/opening.ts'
import { UpgradeRequest } from '../../src/server/upgrade-request.ts'
import { Counts } from './nothing-left/counts.ts'
import { makeServer, type Surroundings } from './nothing-left/server.ts'
import { letGo, type Reached, type Run, wave } from './nothing-left/waves.ts'
import { WAYS } from './nothing-left/ways.ts'

const TOTAL = 20_000
// Below the backlog of a listener (511): more would wait a second for their SYN to be sent again.
const WAVE = 400
const DEADLINE_MS = 15_000

interface World extends Run {
  readonly bus: EventEmitter
  readonly close: () => Promise<void>
}

async function begin(keep?: (bus: EventEmitter) => Surroundings['keep']): Promise<World> {
  const counts = new Counts()
  const bus = new EventEmitter().setMaxListeners(0)
  const target = new EventTarget()
  setMaxListeners(0, target)
  const reached: Reached = new Map()
  const kept = keep?.(bus)
  const server = makeServer({
    ...{ counts, bus, target, reached: (mark) => reached.get(mark)?.() },
    ...(kept && { keep: kept }),
  })
  await server.listen({ port: 0, host: '127.0.0.1' })
  return { server, counts, reached, bus, close: () => server.close() }
}

/** How many of each are reachable. The heap is asked after several turns of the loop, when no job holds any of them. */
async function reachable(): Promise<Record<string, number>> {
  for (let turn = 0; turn < 5; turn += 1) {
    await macrotask()
    globalThis.gc?.()
  }
  await new Promise((resolve) => setTimeout(resolve, 50))
  const count = (type: new (...args: never[]) => object): number =>
    queryObjects(type as new () => object, { format: 'count' }) as unknown as number
  return {
    connections: count(Connection),
    lives: count(Life),
    scopes: count(Scope),
    openings: count(Opening),
    requests: count(UpgradeRequest),
  }
}

/** The server's own scope is there as long as the server. */
const NOTHING = { connections: 0, lives: 0, scopes: 1, openings: 0, requests: 0 }

function descriptors(): number {
  return readdirSync('/proc/self/fd').length
}

/** The sockets of refused HTTP requests close a moment later than what the ledger counts. */
async function descriptorsBack(wanted: number): Promise<number> {
  const until = performance.now() + DEADLINE_MS
  while (descriptors() > wanted && performance.now() < until) await new Promise((resolve) => setTimeout(resolve, 10))
  return descriptors()
}

describe('nothing is left', () => {
  let world: World
  let descriptorsBefore = 0
  let heap: Record<string, number>

  before(async () => {
    world = await begin()
    // The first of each way make what a process makes once.
    await wave(world, 0, WAYS.length)
    descriptorsBefore = descriptors()
  })
  after(() => world.close())

  test(`of ${TOTAL} connections that ended in ${WAYS.length} ways`, async (t) => {
    for (let done = 0; done < TOTAL; done += WAVE) {
      await wave(world, done, WAVE)
      if ((done + WAVE) % 4_000 === 0) tellMemory(t, done + WAVE)
    }
    assert.deepEqual(world.counts.wrongs, [])
    assert.equal(await descriptorsBack(descriptorsBefore), descriptorsBefore)
    heap = await reachable()
  })

  test('the ledger conserves', async () => {
    await letGo(world.server)
    const counts = world.server.ledger()
    assert.deepEqual([...counts.imbalances], [])
    assert.equal(counts.accepted, counts.closed)
    assert.equal(counts.openHooks, counts.closeHooks)
    assert.equal(counts.sockets, 0)
  })

  test('each open had exactly one close, with the code of its way', () => {
    const { counts, server } = world
    assert.equal(counts.opens, server.ledger().openHooks)
    assert.equal(counts.closes, counts.opens)
    assert.deepEqual([...counts.open], [])
    for (const { name, outcome, silent, garbled } of WAYS) {
      if (typeof outcome === 'string' || 'status' in outcome) continue
      const { [outcome.code]: wanted = 0, ...others } = counts.codesOf(name)
      // All deadlines are short: when the machine is busy a peer may be found idle before it does what it came for. One that
      // does not answer a close frame, or not so that it can be read, is then taken for gone.
      const codes = silent ? ['1006'] : garbled ? ['1001', '1006'] : ['1001']
      const wrong = Object.keys(others).filter((code) => !codes.includes(code))
      assert.deepEqual(wrong, [], `${name}: only ${outcome.code} was wanted`)
      const idle = codes.reduce((sum, code) => sum + (others[Number(code)] ?? 0), 0)
      assert.ok(wanted > idle, `${name}: ${wanted} ended with ${outcome.code}, ${idle} were idle`)
    }
  })

  test('scopes, rooms, listeners and the registry are empty', () => {
    const { counts, bus, server } = world
    assert.ok(counts.created > 0)
    assert.equal(counts.released, counts.created)
    assert.equal(bus.listenerCount('news'), 0)
    assert.equal(server.roomCount, 0)
    assert.equal(server.connections.size, 0)
  })

  test('the heap has no connection, life, scope, opening or upgrade request', () => {
    assert.deepEqual(heap, NOTHING)
  })
})

describe('controls: what leaks on purpose is seen', () => {
  const kept = new Map<string, unknown>()
  /** Runs each way once against a server with this leak. */
  async function leaking(keep: (bus: EventEmitter) => Surroundings['keep']): Promise<World> {
    const world = await begin(keep)
    await wave(world, 0, WAYS.length)
    return world
  }

  test('one connection in a map: counted, and its life, scope and request are gone all the same', async () => {
    const world = await leaking(() => (connection) => {
      if (kept.size === 0) kept.set(connection.id, connection)
    })
    // Two scopes: of this server, and of the one above, which lives in its closures.
    const heap = await reachable()
    assert.equal(heap.connections, 1)
    assert.deepEqual([heap.lives, heap.openings, heap.requests], [0, 0, 0])
    kept.clear()
    assert.equal((await reachable()).connections, 0)
    await world.close()
  })

  test('one listener that nobody takes off: counted, and it keeps its connection', async () => {
    const world = await leaking((bus) => (connection) => {
      if (bus.listenerCount('kept') === 0) bus.on('kept', () => connection.state)
    })
    assert.equal(world.bus.listenerCount('kept'), 1)
    assert.equal((await reachable()).connections, 1)
    await world.close()
  })

  test('one descriptor too many: seen', async () => {
    const world = await begin()
    await wave(world, 0, WAYS.length)
    const began = descriptors()
    const server: Server = makeServer({
      ...{ counts: new Counts(), bus: new EventEmitter(), target: new EventTarget(), reached: () => {} },
    })
    await server.listen({ port: 0, host: '127.0.0.1' })
    assert.ok(descriptors() > began)
    await server.close()
    await world.close()
    assert.ok((await descriptorsBack(began - 1)) < began)
  })
})

function tellMemory(t: TestContext, connections: number): void {
  globalThis.gc?.()
  const { heapUsed, rss, external } = process.memoryUsage()
  const mib = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MiB`
  t.diagnostic(`after ${connections}: heap ${mib(heapUsed)}, external ${mib(external)}, rss ${mib(rss)}`)
}
