/** In which order and company connections move. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { systemClock } from '../../../src/base/clock.ts'
import type { Connection } from '../../../src/connection/connection.ts'
import { Tour } from '../../../src/rollout/tour.ts'
import type { MoveWait } from '../../../src/server/internals.ts'

/** A tour over connections that are only names, with what they wait for; each batch is noted, and moves. */
function tourOf(waits: ReadonlyMap<string, MoveWait | null>) {
  const left = new Map([...waits].map(([id, wait]) => [id, { connection: { id } as Connection, wait }]))
  const batches: { readonly ids: string[]; readonly departMs: number }[] = []
  const told: { readonly moved: number; readonly total: number }[] = []
  let now = 0
  const tour = new Tour({
    departing: {
      ...{ problem: null, unanswered: 0, expect: () => Promise.resolve(), forget() {} },
      async move(batch, _, departMs) {
        batches.push({ ids: batch.map(({ id }) => id), departMs })
        for (const { id } of batch) left.delete(id)
        await nextTurn()
        now += 200
        return { moved: batch.length, stayed: new Map() }
      },
    },
    departures: {
      obstacle: () => null,
      waitsFor: ({ id }) => left.get(id)?.wait ?? null,
      topicsOf: () => [],
      connections: () => [...left.values()].map(({ connection }) => connection).values(),
      freeze: () => Promise.resolve(null),
    },
    clock: { ...systemClock, now: () => now },
    busyMs: 0,
    stopListening() {},
    coming: () => Promise.resolve({ openings: 0, strangers: 0 }),
    tourOnProgress: (moved, total) => void told.push({ moved, total }),
  })
  return { tour, batches, told }
}

test('slow readers move in a batch of their own: nobody else waits for them', async () => {
  const { tour, batches } = tourOf(
    new Map([
      ['slow', 'reader'],
      ['a', null],
      ['slower', 'reader'],
      ['b', null],
    ]),
  )
  const report = await tour.run()
  assert.deepEqual(
    batches.map(({ ids }) => ids),
    [
      ['a', 'b'],
      ['slow', 'slower'],
    ],
  )
  const [rest, readers] = batches
  assert.ok(readers!.departMs > rest!.departMs)
  assert.deepEqual([report.moved, report.stayed], [4, {}])
})

test('those whose handlers run, and those with tasks, move apart from each other too', async () => {
  const { tour, batches } = tourOf(
    new Map([
      ['tasks', 'tasks'],
      ['handler', 'handler'],
      ['rest', null],
    ]),
  )
  await tour.run()
  assert.deepEqual(
    batches.map(({ ids }) => ids),
    [['rest'], ['handler'], ['tasks']],
  )
})

test('what it says of how far it is counts those under way among all', async () => {
  const { tour, told } = tourOf(new Map(Array.from({ length: 500 }, (_, number) => [`c${number}`, null])))
  await tour.run()
  assert.ok(told.length > 5)
  assert.deepEqual([...new Set(told.map(({ total }) => total))], [500])
  assert.equal(told.at(-1)?.moved, 500)
})
