/**
 * The two sides of a handoff, over a real lane, with connections that only note what is done with them: whatever is answered,
 * late or never, whoever dies, each is in one place.
 */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { Connection } from '../../../src/connection/connection.ts'
import { Arriving } from '../../../src/rollout/arriving.ts'
import { Departing } from '../../../src/rollout/departing.ts'
import { LANE, Lane, type LaneOwner, readPiece } from '../../../src/rollout/lane.ts'
import type { Arrivals, Departures, Frozen } from '../../../src/server/internals.ts'
import { until } from '../../support/deadline.ts'
import { connectedHandle, handlePipes } from '../../support/handle-pipes.ts'
import { ManualClock } from '../../support/manual-clock.ts'

type What = readonly string[]

interface OldSide {
  /** By id: all that was done with it. */
  readonly done: Map<string, string[]>
  /** What freeze() gives for an id; default: frozen. */
  readonly busy: Set<string>
  readonly topics: Map<string, readonly string[]>
  syncs: number
  syncFails: boolean
  readonly departures: Departures
}

function oldSide(handle: object): OldSide {
  const done = new Map<string, string[]>()
  const note = (id: string, what: string): void => void done.set(id, [...(done.get(id) ?? []), what])
  const topics = new Map<string, readonly string[]>()
  const busy = new Set<string>()
  const freeze = async ({ id }: Connection): Promise<Frozen | null> => {
    if (busy.has(id)) return null
    return {
      id,
      topics: (topics.get(id) ?? []) as Frozen['topics'],
      depart: async () => ({ state: Buffer.from(`state of ${id}`), handle }),
      adopted: () => note(id, 'adopted'),
      refused: () => note(id, 'refused'),
      unanswered: () => note(id, 'unanswered'),
      unfreeze: () => note(id, 'unfrozen'),
    }
  }
  const departures = { obstacle: () => null, waitsFor: () => null, topicsOf: () => [], freeze } as unknown as Departures
  return { done, busy, topics, departures, syncs: 0, syncFails: false }
}

interface Stage {
  readonly clock: ManualClock
  readonly old: OldSide
  readonly departing: Departing
  readonly lanes: readonly [Lane, Lane]
  /** What the processes are: an answer of `isAlive`. */
  readonly alive: Set<'old' | 'new'>
  move(ids: readonly string[]): Promise<{ moved: number; stayed: Record<string, string> }>
}

async function stage(t: TestContext): Promise<Stage> {
  const clock = new ManualClock()
  const handle = await connectedHandle(t)
  const [first, second] = await handlePipes(t)
  const lanes = [new Lane(first), new Lane(second)] as const
  const old = oldSide(handle)
  const alive = new Set<'old' | 'new'>(['old', 'new'])
  const departing = new Departing({
    ...{ lane: lanes[0], departures: old.departures, clock, newPid: 2, isAlive: () => alive.has('new') },
    broker: {
      async sync() {
        old.syncs++
        if (old.syncFails) throw new Error('somebody does not answer')
      },
    },
  })
  departing.begin()
  return {
    ...{ clock, old, departing, lanes, alive },
    async move(ids) {
      const connections = ids.map((id) => ({ id }) as Connection)
      await departing.expect(ids.map((id) => [id, []]))
      const { moved, stayed } = await departing.move(connections, 50, 50)
      return { moved, stayed: Object.fromEntries(stayed) }
    },
  }
}

interface NewSide {
  readonly done: Map<string, string[]>
  /** What adopt() does for an id; default: it resolves. */
  readonly adopts: Map<string, () => Promise<void>>
}

function newSide({ lanes, clock, alive }: Stage): NewSide {
  const done = new Map<string, string[]>()
  const note = (id: string, what: string): void => void done.set(id, [...(done.get(id) ?? []), what])
  const adopts = new Map<string, () => Promise<void>>()
  const arrivals: Arrivals = {
    expect: (id, topics) => note(id, `expect ${topics.join()}`.trim()),
    async adopt(id, state, handle) {
      ;(handle as { close(): void }).close()
      note(id, `adopt ${String(state)}`)
      await adopts.get(id)?.()
    },
    commit: (id) => note(id, 'commit'),
    abandon: (id) => note(id, 'abandon'),
    forget: (id) => note(id, 'forget'),
    size: 0,
  }
  const isAlive = (): boolean => alive.has('old')
  new Arriving({ lane: lanes[1], arrivals, broker: { sync: async () => {} }, clock, oldPid: 1, isAlive }).begin()
  return { done, adopts }
}

/** A new side that says only what a test has it say. */
function scripted({ lanes: [, lane] }: Stage): {
  readonly heard: (readonly [kind: number, text: string])[]
  readonly lane: Lane
} {
  const heard: [number, string][] = []
  const owner: LaneOwner = {
    laneOnFrame(kind, payload, handle) {
      ;(handle as { close(): void } | null)?.close()
      const text = kind === LANE.state ? readPiece(payload).id : String(payload)
      heard.push([kind, text])
      if (kind === LANE.expect) lane.sendJson(LANE.expected, { batch: JSON.parse(text).batch, problem: '' })
    },
    laneOnEnd() {},
  }
  lane.begin(owner)
  return { heard, lane }
}

function of(heard: readonly (readonly [number, string])[], kind: number): What {
  return heard.filter(([one]) => one === kind).map(([, text]) => text)
}

test('all are adopted: committed there, let go of here, after two syncs', async (t) => {
  const s = await stage(t)
  const { done } = newSide(s)
  assert.deepEqual(await s.move(['a', 'b']), { moved: 2, stayed: {} })
  assert.deepEqual(
    [...s.old.done],
    [
      ['a', ['adopted']],
      ['b', ['adopted']],
    ],
  )
  await until('they are committed', () => done.get('b')?.includes('commit') === true)
  assert.deepEqual(done.get('a'), ['expect', 'adopt state of a', 'commit'])
  assert.equal(s.old.syncs, 1)
})

test('one is refused, one is busy: they stay, the busy one may be announced again', async (t) => {
  const s = await stage(t)
  const { done, adopts } = newSide(s)
  adopts.set('b', () => Promise.reject(new Error('no such route')))
  s.old.busy.add('c')
  assert.deepEqual(await s.move(['a', 'b', 'c']), { moved: 1, stayed: { b: 'no such route', c: 'busy' } })
  assert.deepEqual([s.old.done.get('b'), s.old.done.get('c')], [['refused'], undefined])
  assert.deepEqual(done.get('c'), ['expect', 'forget'])
})

test('it gets more than was said when it comes to rest: said once more, before the sync', async (t) => {
  const s = await stage(t)
  const { done } = newSide(s)
  s.old.topics.set('a', ['room chat'])
  await s.move(['a'])
  assert.deepEqual(done.get('a')?.slice(0, 3), ['expect', 'expect room chat', 'adopt state of a'])
})

test('a worker does not answer the sync: all are served here as before', async (t) => {
  const s = await stage(t)
  const { done } = newSide(s)
  s.old.syncFails = true
  assert.deepEqual(await s.move(['a', 'b']), { moved: 0, stayed: { a: 'sync', b: 'sync' } })
  assert.deepEqual(
    [...s.old.done],
    [
      ['a', ['unfrozen']],
      ['b', ['unfrozen']],
    ],
  )
  await until('it is forgotten', () => done.get('b')?.at(-1) === 'forget')
})

test('adopting takes too long: abandoned there, served here again', async (t) => {
  const s = await stage(t)
  const { done, adopts } = newSide(s)
  adopts.set('a', () => new Promise(() => {}))
  const moving = s.move(['a', 'b'])
  await until('both are there', () => done.get('b')?.length === 2)
  await until('and the answer for one is here', () => s.clock.timers === 1)
  s.clock.advance(10_000)
  assert.deepEqual(await moving, { moved: 1, stayed: { a: 'not taken over' } })
  assert.deepEqual([s.old.done.get('a'), s.old.done.get('b')], [['refused'], ['adopted']])
  assert.deepEqual(done.get('a'), ['expect', 'adopt state of a', 'abandon'])
})

test('its answer crosses the question to give up: it has moved', async (t) => {
  const s = await stage(t)
  const { heard, lane } = scripted(s)
  const moving = s.move(['a'])
  await until('it is there', () => of(heard, LANE.arrives).length === 1)
  s.clock.advance(10_000)
  await until('it is asked to give up', () => of(heard, LANE.abandon).length === 1)
  lane.sendJson(LANE.adopted, ['a'])
  assert.deepEqual(await moving, { moved: 1, stayed: {} })
  await until('it is committed', () => of(heard, LANE.commit).length === 1)
})

test('it never answers: let go of here; if it has it after all, it may keep it', async (t) => {
  const s = await stage(t)
  const { heard, lane } = scripted(s)
  const moving = s.move(['a'])
  await until('it is there', () => of(heard, LANE.arrives).length === 1)
  s.clock.advance(10_000)
  await until('it is asked to give up', () => of(heard, LANE.abandon).length === 1)
  s.clock.advance(5_000)
  assert.deepEqual(await moving, { moved: 0, stayed: {} })
  assert.deepEqual([s.old.done.get('a'), s.departing.unanswered], [['unanswered'], 1])
  lane.sendJson(LANE.adopted, ['a'])
  await until('it is committed', () => of(heard, LANE.commit).length === 1)
  assert.deepEqual(of(heard, LANE.commit), ['["a"]'])
})

/** One has been answered for, the other not; then the lane ends. */
async function halfAnswered(t: TestContext): Promise<{ s: Stage; moving: ReturnType<Stage['move']> }> {
  const s = await stage(t)
  const { heard, lane } = scripted(s)
  const moving = s.move(['a', 'b'])
  await until('both are there', () => of(heard, LANE.arrives).length === 2)
  lane.sendJson(LANE.adopted, ['a'])
  await until('one is answered', () => s.clock.timers === 1)
  lane.end()
  await until('the lane has ended', () => s.departing.problem !== null)
  return { s, moving }
}

test('the new process dies before it was told that they are its own: all come back', async (t) => {
  const { s, moving } = await halfAnswered(t)
  s.alive.delete('new')
  await until('somebody looks', () => s.clock.timers > 1)
  s.clock.advance(20)
  assert.deepEqual(await moving, { moved: 0, stayed: { a: 'not taken over', b: 'not taken over' } })
  assert.deepEqual(
    [...s.old.done],
    [
      ['a', ['refused']],
      ['b', ['refused']],
    ],
  )
})

test('the lane ends and the new process lives on: let go of, for nobody knows', async (t) => {
  const { s, moving } = await halfAnswered(t)
  for (let looked = 0; looked < 2_100; looked += 10) {
    s.clock.advance(10)
    await new Promise((resolve) => setImmediate(resolve))
  }
  assert.deepEqual(await moving, { moved: 0, stayed: {} })
  assert.deepEqual(
    [...s.old.done],
    [
      ['a', ['unanswered']],
      ['b', ['unanswered']],
    ],
  )
  assert.equal(s.departing.problem, 'the new worker has closed the lane')
})

test('the old process dies before it said so: what is adopted is ours; when it lives on, it is not', async (t) => {
  for (const dies of [true, false]) {
    const s = await stage(t)
    const { done, adopts } = newSide(s)
    let finish = (): void => {}
    adopts.set('b', () => new Promise((resolve) => (finish = resolve)))
    const moving = s.move(['a', 'b'])
    await until('one is adopted, one nearly', () => done.get('b')?.length === 2)
    await until('and the answer for one is back', () => s.clock.timers === 1)
    if (dies) s.alive.delete('old')
    // Whoever is dead says nothing more.
    s.alive.delete('new')
    s.lanes[0].end()
    finish()
    for (let looked = 0; looked < 2_100; looked += 10) {
      s.clock.advance(10)
      await new Promise((resolve) => setImmediate(resolve))
    }
    const last = dies ? 'commit' : 'abandon'
    await until(`they are to ${last}`, () => done.get('a')?.at(-1) === last && done.get('b')?.at(-1) === last)
    await moving
  }
})

test('a handle that does not come with its frame: refused', async (t) => {
  const s = await stage(t)
  const { done } = newSide(s)
  s.lanes[0].send(LANE.arrives, Buffer.from([1, 0x61]))
  await until('it is abandoned', () => done.get('a')?.[0] === 'abandon')
})

test('a state of many pieces arrives whole, in whatever chunks; a frame that is too long ends the lane', async (t) => {
  const s = await stage(t)
  const { done } = newSide(s)
  const handle = await connectedHandle(t)
  const state = 'x'.repeat(3 * 1024 * 1024)
  s.lanes[0].sendState('long', Buffer.from(state), handle)
  await until('it is adopted', () => done.get('long')?.[0] === `adopt ${state}`)
  s.lanes[0].send(LANE.expect, Buffer.alloc(9 * 1024 * 1024))
  await until('the lane has ended', () => s.lanes[0].ended && s.lanes[1].ended)
})
