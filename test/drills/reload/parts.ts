/**
 * What `npm run drill:reload` runs, by its flags: the parts of the drill with `holdfast run`, one after the other; or, with a URL or
 * a fault, only the clients, against a server of somebody else's or one that does it wrong. What runs ends itself.
 */
import { oneOf } from '../one-of.ts'
import type { Verdict } from '../verdict.ts'
import { drillAutopsy } from './autopsy.ts'
import { type Mix, SHAPES } from './drill-socket.ts'
import { FAULTS } from './faults.ts'
import { drillFlat, flatFleet } from './flat.ts'
import { drillReload, type ReloadOptions, reloadRuns, withServer } from './reload.ts'
import { drillBacklog, drillBusy, drillNewcomers, drillRounds, reloadRounds, withFleet } from './reloads.ts'

export const RELOAD_FLAGS = {
  ...{ url: '', echo: '/echo', room: '/room/drill', connections: 5000, deflated: 1000 },
  ...{ members: 200, publishers: 20 },
  ...{ shapes: SHAPES.join(','), interval: 500, bytes: 64, seconds: 20, settle: 10, longest: 400, p99: 250 },
  fault: 'none',
  ...{ parts: 'echo,room,busy,backlog,newcomers,memory,autopsy', reloads: 3, pause: 2, rate: 2000 },
  ...{ busy: 200, backlog: 50, waiting: 200, newcomers: 1000, 'newcomers-reloads': 10 },
  ...{ 'memory-reloads': 50, 'memory-connections': 50, hoard: 0 },
  ...{ 'autopsy-connections': 2_000, 'autopsy-reloads': 10 },
} as const

export interface ReloadValues {
  number(name: string): number
  text(name: string): string
}

const KIB = 1024
/** KiB for each reload. */
const HEAP_MOST = 20
const RSS_MOST = 100
/** Compressed, and large enough for the server to compress the answer. */
const DEFLATE_BYTES = 1_200

export async function* runReload(values: ReloadValues): AsyncIterable<Verdict> {
  const fault = oneOf('fault', FAULTS, values.text('fault'))
  const url = values.text('url').replace(/\/$/, '')
  if (fault === 'none' && url === '') {
    const parts = values.text('parts').split(',')
    for (const part of parts) yield* PARTS[oneOf('parts', PART_NAMES, part)](values)
    return
  }
  for (const { path, options } of runsOf(values)) {
    const at = (base: string): Promise<Verdict> => drillReload(options, { url: `${base}${path}` })
    yield await (url === '' ? withServer(fault, at) : at(url))
  }
}

const PART_NAMES = ['echo', 'room', 'busy', 'backlog', 'newcomers', 'memory', 'autopsy'] as const

type Part = (values: ReloadValues) => AsyncIterable<Verdict>

const PARTS: Readonly<Record<(typeof PART_NAMES)[number], Part>> = {
  async *echo(values) {
    for (const { options } of runsOf(values).filter(({ options }) => options.publishers === undefined)) {
      yield await withFleet({ workers: 1 }, (fleet) =>
        drillRounds(fleet, '/echo', options, {
          ...roundsOf(values, options.connections),
          // Of fewer at once it would say nothing.
          movesPerSecond: options.connections >= LEAST_FOR_RATE ? values.number('rate') : null,
        }),
      )
    }
  },

  async *room(values) {
    for (const { options } of runsOf(values).filter(({ options }) => options.publishers !== undefined)) {
      yield await withFleet({ workers: 2 }, (fleet) =>
        drillRounds(fleet, '/room/drill', options, roundsOf(values, options.connections)),
      )
    }
  },

  async *busy(values) {
    const connections = values.number('busy')
    const options: ReloadOptions = {
      ...{ ...clientsOf(values), name: 'reload: handlers that run', connections, shape: 'whole' },
      // A handler takes 700 ms, and messages of one connection wait for each other.
      ...{ intervalMs: 2_000, bars: null },
    }
    yield await withFleet({ workers: 1 }, (fleet) => drillBusy(fleet, options, roundsOf(values, connections)))
  },

  async *backlog(values) {
    yield await withFleet({ workers: 1 }, (fleet) =>
      drillBacklog(fleet, {
        ...{ clients: values.number('backlog'), bytes: values.number('waiting') * 1_000 },
        ...{ readOnAfterMs: values.number('pause') * 1_000, rounds: values.number('reloads') },
        settleMs: values.number('settle') * 1_000,
      }),
    )
  },

  async *newcomers(values) {
    yield await withFleet({ workers: 1 }, (fleet) =>
      drillNewcomers(fleet, {
        perSecond: values.number('newcomers'),
        act: () =>
          reloadRounds(fleet, { ...roundsOf(values, null), rounds: values.number('newcomers-reloads'), pauseMs: 500 }),
      }),
    )
  },

  async *memory(values) {
    const connections = values.number('memory-connections')
    const clients: ReloadOptions = { ...clientsOf(values), name: '', connections, shape: 'whole', bars: null }
    yield await withFleet({ workers: 1, ...flatFleet(values.number('hoard') * KIB) }, (fleet) =>
      drillFlat(fleet, '/kept', {
        ...{ reloads: values.number('memory-reloads'), warmUp: Math.floor(values.number('memory-reloads') / 2) },
        ...{ pauseMs: 500, heapMost: HEAP_MOST, rssMost: RSS_MOST, clients },
      }),
    )
  },

  async *autopsy(values) {
    const connections = values.number('autopsy-connections')
    const clients: ReloadOptions = { ...clientsOf(values), name: '', connections, shape: 'whole' }
    for (const [path, keeps, rounds] of [
      ['/remembered', 'remembered', 1],
      ['/echo', null, values.number('autopsy-reloads')],
    ] as const) {
      yield await withFleet({ workers: 1 }, (fleet) =>
        drillAutopsy(fleet, path, { rounds: { ...roundsOf(values, connections), rounds }, clients, keeps }),
      )
    }
  },
}

const LEAST_FOR_RATE = 5_000

function roundsOf(values: ReloadValues, wanted: number | null) {
  return {
    ...{ rounds: values.number('reloads'), pauseMs: values.number('pause') * 1_000 },
    ...{ wanted, movesPerSecond: null },
  }
}

function clientsOf({ number }: ReloadValues) {
  return {
    ...{ intervalMs: number('interval'), bytes: number('bytes'), seconds: number('seconds') },
    ...{ settleMs: number('settle') * 1_000, bars: { longestMs: number('longest'), p99Ms: number('p99') } },
  }
}

function runsOf(values: ReloadValues): { readonly path: string; readonly options: ReloadOptions }[] {
  const { number, text } = values
  const shapes = text('shapes').split(',')
  const runs = reloadRuns({
    ...{ ...clientsOf(values), shapes: shapes.map((name) => oneOf<Mix>('shapes', [...SHAPES, 'mixed'], name)) },
    ...{ echo: text('echo'), room: text('room'), connections: number('connections'), deflated: number('deflated') },
    ...{ members: number('members'), publishers: number('publishers') },
  })
  return runs.map(({ path, options }) => ({
    path,
    options: options.shape === 'deflate' ? { ...options, bytes: Math.max(options.bytes, DEFLATE_BYTES) } : options,
  }))
}
