/**
 * The drill `reload` in its short form: fewer connections, fewer reloads, all kinds of clients at once, no timed bars. And its
 * controls: real reloads that some must notice, and the drill has to see it.
 */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { failures, type Verdict } from '../verdict.ts'
import { drillFlat, type FlatOptions, flatFleet } from './flat.ts'
import type { Reloaded } from './fleet.ts'
import { drillReload, type ReloadOptions } from './reload.ts'
import { drillBacklog, drillBusy, drillNewcomers, judge, reloadRounds, withFleet } from './reloads.ts'

const CLIENTS: ReloadOptions = {
  ...{ name: 'reload', connections: 40, intervalMs: 200, shape: 'mixed', bytes: 1_200 },
  ...{ bars: null, seconds: 2, settleMs: 10_000 },
}
const ROUNDS = { rounds: 2, pauseMs: 500, wanted: null, movesPerSecond: null }

/** All at once: the first reloads, the others are there meanwhile. */
async function together(drills: readonly Promise<Verdict>[]): Promise<string[][]> {
  return (await Promise.all(drills)).map(failures)
}

describe('reloads', { concurrency: 2 }, () => {
  test('numbered messages of every shape, rooms across two workers, and newcomers: nobody notices', async () => {
    const found = await withFleet({ workers: 2 }, (fleet) => {
      let reloading: ReturnType<typeof reloadRounds> | null = null
      const act = async () => {
        reloading ??= reloadRounds(fleet, ROUNDS)
        return await reloading
      }
      const room: ReloadOptions = { ...CLIENTS, connections: 20, publishers: 5, shape: 'whole' }
      return together([
        drillReload(CLIENTS, { url: `${fleet.url}/echo`, act }),
        drillReload(room, { url: `${fleet.url}/room/drill`, act }),
        drillNewcomers(fleet, { perSecond: 20, act }),
      ])
    })
    assert.deepEqual(found, [[], [], []])
  })

  test('handlers that run stay until they are done, then they move', async () => {
    const busy: ReloadOptions = { ...CLIENTS, connections: 20, shape: 'whole', intervalMs: 1_500 }
    const found = await withFleet({ workers: 1 }, async (fleet) =>
      failures(await drillBusy(fleet, busy, { ...ROUNDS, rounds: 1, wanted: 20 })),
    )
    assert.deepEqual(found, [])
  })

  test('200 KB that wait for clients who do not read move along', async () => {
    const found = await withFleet({ workers: 1 }, async (fleet) =>
      failures(
        await drillBacklog(fleet, { clients: 5, bytes: 200_000, readOnAfterMs: 3_000, rounds: 1, settleMs: 10_000 }),
      ),
    )
    assert.deepEqual(found, [])
  })
})

const FLAT: FlatOptions = {
  ...{ reloads: 6, warmUp: 2, pauseMs: 100, heapMost: 512, rssMost: 16 * 1024 },
  clients: { ...CLIENTS, connections: 10, shape: 'whole', bytes: 64 },
}
const HOARD_BYTES = 128 * 1024

async function flat(hoardBytes: number): Promise<string> {
  return await withFleet({ workers: 1, ...flatFleet(hoardBytes) }, async (fleet) =>
    failures(await drillFlat(fleet, '/kept', FLAT)).join('\n'),
  )
}

describe('memory over reloads', { concurrency: 2 }, () => {
  test('is flat', async () => {
    assert.equal(await flat(0), '')
  })

  test('control: what is kept with each reload is found, in the supervisor and in the newest worker', async () => {
    const found = await flat(HOARD_BYTES)
    assert.match(found, /^heap of the supervisor grows/m)
    assert.match(found, /^heap of the newest worker grows/m)
  })
})

describe('control: what clients do notice is found', { concurrency: 2 }, () => {
  test('connections that cannot move, and too short a wait for handlers and for who does not read', async () => {
    await withFleet({ workers: 1, flags: ['--busy-move', '1ms'] }, async (fleet) => {
      const never = { clients: 2, bytes: 100_000, readOnAfterMs: null, rounds: 1, settleMs: 1_000 }
      const none = { checks: [], numbers: {} }
      const found: Record<string, string> = {}
      const busy: ReloadOptions = { ...CLIENTS, connections: 20, shape: 'whole', intervalMs: 800 }
      const held = { ...CLIENTS, connections: 5 }
      const reload = async () => {
        found.backlog = failures(await drillBacklog(fleet, never)).join('\n')
        return none
      }
      const beside = async () => {
        found.busy = failures(await drillReload(busy, { url: `${fleet.url}/busy`, act: reload })).join('\n')
        return none
      }
      found.held = failures(await drillReload(held, { url: `${fleet.url}/held`, act: beside })).join('\n')
      assert.match(found.held, /^ended by the other side: \{"1012":5\}/m)
      assert.match(found.busy ?? '', /^ended by the other side: \{"1012":\d+\}/m)
      assert.match(found.backlog ?? '', /^that did not move: .*"scope":5/m)
      assert.match(found.backlog ?? '', /^drained: \d+, 0/m)
    })
  })

  test('a server that is stopped and started again refuses newcomers', async () => {
    await withFleet({ workers: 1 }, async (fleet) => {
      const act = async () => {
        fleet.run.signal('SIGTERM')
        await fleet.run.exitCode()
        await pause(300)
        return { checks: [], numbers: {} }
      }
      assert.match(failures(await drillNewcomers(fleet, { perSecond: 50, act })).join('\n'), /^refused.*ECONNREFUSED/m)
    })
  })

  test('too few moved in a second', () => {
    const one: Reloaded = {
      ...{ moved: 10, movesPerSecond: 1_999, movingMs: 5, durationMs: 10, stayed: {}, unanswered: 0, drained: 0 },
      cpuMs: [0, 0, 0],
    }
    const options = { ...ROUNDS, wanted: 10, movesPerSecond: 2_000 }
    const { checks } = judge([{ ...one, movesPerSecond: 9_000 }, one, one], options)
    assert.deepEqual(
      checks.filter(({ holds }) => !holds).map(({ what }) => what),
      ['moved in a second, median'],
    )
  })
})
