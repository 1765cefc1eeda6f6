/**
 * What being scraped costs: connections that are open and quiet, and somebody who asks `/metrics` once a second. The processor time that the
 * server takes for it, beside what it takes when nobody asks, and the longest time for which the process was stuck meanwhile.
 */
import { readFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { Child } from './child.ts'
import { atMost, exactly, type Verdict } from './verdict.ts'

export interface ScrapeOptions {
  readonly connections: number
  /** Of each of the two times that are compared. */
  readonly seconds: number
  readonly settleMs: number
  /** Control: so often a second, instead of once. */
  readonly perSecond: number
}

const SHARE_MAX_PERCENT = 2
const PAUSE_MAX_MS = 50
const OPEN_DEADLINE_MS = 300_000
const ADDRESSES = Array.from({ length: 40 }, (_, at) => `127.0.0.${at + 2}`)
/** The kernel counts processor time in hundredths of a second. */
const TICKS = 100

export async function drillScrape({ connections, seconds, settleMs, perSecond }: ScrapeOptions): Promise<Verdict> {
  const server = await Child.start({
    file: 'drill-server.ts',
    config: { host: '127.0.0.1', options: {}, admin: true, stuckMs: 0 },
  })
  let peers: Child | null = null
  try {
    peers = await Child.start({ file: 'drill-peers.ts', config: {} })
    const [port, adminPort] = [await server.ask<number>('port'), await server.ask<number>('adminPort')]
    const where = { host: '127.0.0.1', port, path: '/talks', addresses: ADDRESSES }
    await peers.ask('open', { ...where, count: connections }, OPEN_DEADLINE_MS)
    const url = `http://127.0.0.1:${adminPort}`
    const { pid } = (await (await fetch(`${url}/status`)).json()) as { pid: number }
    // The first answers compile what they run, and load what they need.
    for (let warm = 0; warm < 20; warm++) await (await fetch(`${url}/metrics`)).text()
    await pause(settleMs)
    const alone = await measure(server, pid, seconds, async () => pause(1_000))
    let bytes = 0
    const asked = await measure(server, pid, seconds, async () => {
      await pause(1_000 / perSecond)
      bytes = (await (await fetch(`${url}/metrics`)).text()).length
    })
    const open = /^holdfast_connections\{route="\/:kind",state="open"\} (\d+)/m.exec(
      await (await fetch(`${url}/metrics`)).text(),
    )?.[1]
    return {
      drill: 'scrape',
      checks: [
        exactly('connections that /metrics tells of', Number(open), connections),
        atMost('processor time for it, of one core', asked.percent - alone.percent, SHARE_MAX_PERCENT, ' %'),
        atMost('longest pause while it is asked', asked.longestMs, PAUSE_MAX_MS, ' ms'),
      ],
      numbers: { 'when nobody asks': alone, 'when asked': asked, 'bytes of an answer': bytes, connections, seconds },
    }
  } finally {
    await peers?.end()
    await server.end()
  }
}

async function measure(server: Child, pid: number, seconds: number, turn: () => Promise<void>) {
  await server.ask('worstGap')
  const before = processorSeconds(pid)
  const began = performance.now()
  while (performance.now() - began < seconds * 1_000) await turn()
  const passed = (performance.now() - began) / 1_000
  const percent = ((processorSeconds(pid) - before) / passed) * 100
  return { percent: Math.round(percent * 100) / 100, longestMs: Math.round(await server.ask<number>('worstGap')) }
}

/** Of the process, in its own code and in the kernel. */
function processorSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ').at(-1)?.split(' ') ?? []
  return (Number(fields[11]) + Number(fields[12])) / TICKS
}
