/**
 * The churn soak: 200,000 connections in waves of 2,000 that come, say something, and all leave (a third says close, a third
 * hangs up, a third resets). After each wave, when it is quiet, the memory of the server's process is sampled (VmRSS), once
 * as it is and once after collections that the drill asks for. Over the last half of the waves the slope of the second must be
 * below 20 bytes for each connection, with the upper end of its 95 % confidence interval (src/diagnose/soak/slope.ts), and the ledger must
 * be exact.
 *
 * Why after collections: as it is, memory goes up and down by 40 MiB with when V8 happens to collect, and 200,000 connections
 * then bound the slope to some 200 bytes, which says nothing about 20. Collections hide no leak: what is kept, in
 * the heap or outside, is still there after them. The slope of the samples as they are is reported beside it.
 *
 * Peers come from many addresses of the loopback net, so that ports in TIME_WAIT do not run out.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { type Slope, slopeOf } from '../../src/diagnose/soak/slope.ts'
import { Child } from './child.ts'
import type { ServerState } from './drill-server.ts'
import { rssOf } from './memory.ts'
import { soakChart } from './soak-chart.ts'
import { atMost, type Check, exactly, type Verdict } from './verdict.ts'

export interface SoakOptions {
  readonly waves: number
  readonly perWave: number
  /** How long it is quiet before the sample. */
  readonly quietMs: number
  /** Control: the server keeps so many bytes of each connection for ever, in a map. */
  readonly leakBytes: number
  /** Where the chart and the samples go; null: nowhere. */
  readonly out: string | null
  readonly say: (line: string) => void
}

export interface SoakRun {
  readonly options: Pick<SoakOptions, 'waves' | 'perWave' | 'quietMs' | 'leakBytes'>
  readonly date: string
  readonly node: string
  /** Connections so far, and bytes, after each wave. */
  readonly connections: readonly number[]
  readonly rss: readonly number[]
  /** The same, after a collection. */
  readonly collected: readonly number[]
  /** Bytes for each connection, over the last half: of `collected`, and of `rss`. */
  readonly slope: Slope
  readonly slopeAsItIs: Slope
}

export const BYTES_EACH_MAX = 20
const ADDRESSES = Array.from({ length: 40 }, (_, at) => `127.0.0.${at + 2}`)
/** The pages of a collection go back to the machine by and by, on threads of V8 that a busy machine keeps waiting. */
const COLLECTIONS = 6
const COLLECTED_MS = 100
const SETTLE_DEADLINE_MS = 30_000

export async function soakSelf(options: SoakOptions): Promise<Verdict> {
  const { waves, perWave, quietMs, leakBytes } = options
  const server = await Child.start({ file: 'drill-server.ts', config: { host: '127.0.0.1', options: {}, leakBytes } })
  let peers: Child | null = null
  try {
    peers = await Child.start({ file: 'drill-peers.ts', config: {} })
    const port = await server.ask<number>('port')
    const [connections, rss, collected]: [number[], number[], number[]] = [[], [], []]
    let echoes = 0
    for (let wave = 1; wave <= waves; wave++) {
      await peers.ask('open', { host: '127.0.0.1', port, path: '/soak', count: perWave, addresses: ADDRESSES })
      echoes += await peers.ask<number>('echo', { deadlineMs: 30_000 })
      await peers.ask('leave')
      await settled(server, wave * perWave)
      await pause(quietMs)
      connections.push(wave * perWave)
      rss.push(rssOf(server.pid))
      collected.push(await leastRss(server))
      const [seen, least] = [rss, collected].map((samples) => Math.round((samples.at(-1) ?? 0) / 1024))
      if (wave % 10 === 0) options.say(`${wave * perWave} connections: ${seen} KiB, collected ${least} KiB`)
    }
    const { ledger, wrong, kernel, rooms } = await server.ask<ServerState>('state')
    const half = Math.floor(waves / 2)
    const slopeIn = (samples: number[]): Slope => slopeOf(connections.slice(half), samples.slice(half))
    const [slope, slopeAsItIs] = [slopeIn(collected), slopeIn(rss)]
    const run: SoakRun = {
      options: { waves, perWave, quietMs, leakBytes },
      ...{ date: new Date().toISOString(), node: process.version, connections, rss, collected },
      ...{ slope, slopeAsItIs },
    }
    const total = waves * perWave
    const checks: Check[] = [
      exactly('accepted', ledger.accepted, total),
      exactly('closed', ledger.closed, total),
      exactly('refused and failed', [ledger.refused, ledger.failed], [0, 0]),
      exactly('answers that came back', echoes, total),
      exactly('open, sockets, of the kernel, rooms', [ledger.open, ledger.sockets, kernel, rooms], [0, 0, 0, 0]),
      exactly('imbalances', wrong, []),
      atMost('memory for each connection, upper 95 % bound', slope.high, BYTES_EACH_MAX, ' bytes'),
    ]
    const verdict: Verdict = { drill: 'soak:self', checks, numbers: { slope, slopeAsItIs, reclaims: ledger.reclaims } }
    if (options.out !== null) keep(options.out, run, verdict)
    return verdict
  } finally {
    await peers?.end()
    await server.end()
  }
}

/** The least of several collections. */
async function leastRss(server: Child): Promise<number> {
  let least = Number.POSITIVE_INFINITY
  for (let round = 0; round < COLLECTIONS; round++) {
    await server.ask('collect')
    await pause(COLLECTED_MS)
    least = Math.min(least, rssOf(server.pid))
  }
  return least
}

/** Until the server has let go of everybody who came. */
async function settled(server: Child, total: number): Promise<void> {
  const until = performance.now() + SETTLE_DEADLINE_MS
  for (;;) {
    const { ledger } = await server.ask<ServerState>('state')
    const { accepted, closed, sockets } = ledger
    if (closed === total && sockets === 0) return
    if (performance.now() > until) throw new Error(`after ${total}: ${JSON.stringify({ accepted, closed, sockets })}`)
    await pause(50)
  }
}

function keep(folder: string, run: SoakRun, verdict: Verdict): void {
  mkdirSync(folder, { recursive: true })
  const name = run.options.leakBytes === 0 ? 'soak-self' : `soak-self-leak-${run.options.leakBytes}`
  writeFileSync(join(folder, `${name}.json`), `${JSON.stringify({ ...run, checks: verdict.checks }, null, 1)}\n`)
  writeFileSync(join(folder, `${name}.svg`), soakChart(run))
}
