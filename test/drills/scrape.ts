/**
 * What being scraped costs: connections that are open and quiet, and somebody who asks `/metrics` once a second, in turns with nobody. Of the
 * processor time of the server the difference is at most 2 % of a core, and it is never stuck for more than 50 ms.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { Child } from './child.ts'
import { costChecks, inTurns, percentsOf, type TurnsOptions, worst } from './turns.ts'
import { atLeast, exactly, type Verdict } from './verdict.ts'

export interface ScrapeOptions extends TurnsOptions {
  readonly connections: number
  readonly settleMs: number
  /** Control: so often a second, instead of once. */
  readonly perSecond: number
  /** Control: each time it is asked, the process is stuck for so long. */
  readonly stuckMs: number
  /** Default: what the promise is. */
  readonly shareMax?: number
  readonly pauseMaxMs?: number
}

const OPEN_DEADLINE_MS = 300_000
const ADDRESSES = Array.from({ length: 40 }, (_, at) => `127.0.0.${at + 2}`)

export async function drillScrape(options: ScrapeOptions): Promise<Verdict> {
  const { connections, turns, settleMs, stuckMs } = options
  const server = await Child.start({
    file: 'drill-server.ts',
    config: { host: '127.0.0.1', options: {}, admin: true, stuckMs },
  })
  let peers: Child | null = null
  try {
    peers = await Child.start({ file: 'drill-peers.ts', config: {} })
    const [port, adminPort] = [await server.ask<number>('port'), await server.ask<number>('adminPort')]
    const where = { host: '127.0.0.1', port, path: '/talks', addresses: ADDRESSES }
    await peers.ask('open', { ...where, count: connections }, OPEN_DEADLINE_MS)
    const url = `http://127.0.0.1:${adminPort}`
    // The first answers compile what they run, and load what they need.
    for (let warm = 0; warm < 20; warm++) await (await fetch(`${url}/metrics`)).text()
    await pause(settleMs)
    const answers: string[] = []
    const measured = await inTurns(server, options, async () => {
      const scraper = new Scraper(url, options)
      return async () => {
        answers.push(...(await scraper.end()))
      }
    })
    const last = answers.at(-1) ?? ''
    const open = /^holdfast_connections\{route="\/:kind",state="open"\} (\d+)/m.exec(last)?.[1]
    return {
      drill: 'scrape',
      checks: [
        exactly('connections that /metrics tells of', Number(open), connections),
        atLeast('answers in each turn', Math.floor(answers.length / turns), 1),
        ...costChecks(
          measured,
          { share: 'share of a core that being asked takes', pause: 'longest pause while it is asked' },
          options,
        ),
      ],
      numbers: {
        'when nobody asks, %': percentsOf(measured.alone),
        'when asked, %': percentsOf(measured.busy),
        'longest pause when nobody asks, ms': Math.round(worst(measured.alone)),
        answers: answers.length,
        'bytes of an answer': last.length,
      },
    }
  } finally {
    await peers?.end()
    await server.end()
  }
}

/** Asks at once, and then again and again, one question at a time. Ends with `end()`, when the last answer is there. */
class Scraper {
  readonly #answers: string[] = []
  readonly #stop = new AbortController()
  readonly #done: Promise<void>

  constructor(url: string, { perSecond, stuckMs }: ScrapeOptions) {
    this.#done = this.#ask(url, 1_000 / perSecond, stuckMs)
  }

  async end(): Promise<readonly string[]> {
    this.#stop.abort()
    await this.#done
    return this.#answers
  }

  async #ask(url: string, everyMs: number, stuckMs: number): Promise<void> {
    const { signal } = this.#stop
    while (!signal.aborted) {
      this.#answers.push(await (await fetch(`${url}/metrics`)).text())
      if (stuckMs > 0) await (await fetch(`${url}/stuck`)).text()
      await pause(everyMs, undefined, { signal }).catch(() => {})
    }
  }
}
