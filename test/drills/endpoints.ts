/**
 * The admin port under load: connections that talk, and somebody who asks for everything under `/debug/`, one after the other, again
 * and again. No answer may stop the process for more than 100 ms, but those of which it is stated that they do, and which are asked for
 * with a parameter. What the process is stuck for by itself, at the same load with nobody asking, stands beside it.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { Child } from './child.ts'
import type { PeersState } from './drill-peers.ts'
import type { ServerState } from './drill-server.ts'
import { atMost, exactly, type Verdict } from './verdict.ts'

export interface EndpointsOptions {
  readonly connections: number
  /** Messages, each of which comes back. */
  readonly perSecond: number
  readonly seconds: number
  /** It is calm before: the server gives memory back after a wave. */
  readonly settleMs: number
  readonly node?: { readonly name: string; readonly program: string }
  /** Control: an answer that stops the process for so long is among them. */
  readonly stuckMs: number
}

export const PAUSE_MAX_MS = 100

const PATHS = [
  '/healthz',
  '/readyz',
  '/status',
  '/debug/ledger',
  '/debug/work',
  '/debug/connections',
  '/debug/connections?limit=1000',
  '/debug/connections?state=open&route=/:kind',
  '/debug/connections/nobody',
  '/debug/census',
  '/debug/memory',
  '/debug/pprof/',
  '/debug/pprof/heap',
  '/debug/pprof/heap?seconds=1',
  '/debug/pprof/allocs',
  '/debug/pprof/profile?seconds=1',
  '/debug/pprof/tasks',
]
/** They say what they cost, and want a parameter. */
const COSTLY = ['/debug/census?gc=1', '/debug/ledger?kernel=1']
const ADDRESSES = Array.from({ length: 40 }, (_, at) => `127.0.0.${at + 2}`)
const OPEN_DEADLINE_MS = 180_000
const ANSWERS_DEADLINE_MS = 10_000
/** The first profile of the heap is of the seconds after it was asked for, and reads source maps. */
const ANSWER_DEADLINE_MS = 60_000

export async function drillEndpoints(options: EndpointsOptions): Promise<Verdict> {
  const { connections, perSecond, seconds, settleMs, stuckMs, node } = options
  const config = { host: '127.0.0.1', options: {}, admin: true, stuckMs }
  const server = await Child.start({ file: 'drill-server.ts', config, ...(node && { node: node.program }) })
  let peers: Child | null = null
  try {
    peers = await Child.start({ file: 'drill-peers.ts', config: {} })
    const [port, adminPort] = [await server.ask<number>('port'), await server.ask<number>('adminPort')]
    const where = { host: '127.0.0.1', port, path: '/talks', addresses: ADDRESSES }
    await peers.ask('open', { ...where, count: connections }, OPEN_DEADLINE_MS)
    await peers.ask('chat', { perSecond })
    await pause(settleMs)
    const asker = new Asker(server, adminPort)
    // The first of each compiles it, as it does when an operator asks for the first time: counted like the others.
    const alone: number[] = []
    const until = performance.now() + seconds * 1000
    while (performance.now() < until) {
      await asker.look(async () => pause(1_000), alone)
      // Some come and go meanwhile, so that there are ended ones to be shown.
      await peers.ask('visit', { ...where, count: Math.ceil(connections / 50) }, OPEN_DEADLINE_MS)
      for (const path of stuckMs > 0 ? [...PATHS, '/stuck'] : PATHS) await asker.ask(path)
      for (const id of await asker.ids()) await asker.ask(`/debug/connections/${id}`, '/debug/connections/ID')
      if (performance.now() < until - 1_000) continue
      for (const path of COSTLY) await asker.ask(path)
    }
    const said = await peers.ask<number>('quiet')
    const came = await answers(peers, said)
    const { ledger, wrong } = await server.ask<ServerState>('state')
    const cheap = [...asker.worst].filter(([path]) => !COSTLY.includes(path))
    return {
      drill: `endpoints${node === undefined ? '' : ` (Node ${node.name})`}`,
      checks: [
        exactly('open, wrong', [ledger.open, wrong], [connections, []]),
        exactly('messages that came back', came, said),
        exactly('answers with another status than 200, or 404 for nobody', asker.failed, []),
        ...cheap.map(([path, ms]) => atMost(`longest pause: ${path}`, ms, PAUSE_MAX_MS, ' ms')),
      ],
      numbers: {
        'longest pause when nobody asks, ms': Math.round(Math.max(...alone)),
        'stated and asked for, ms': Object.fromEntries(
          COSTLY.map((path) => [path, Math.round(asker.worst.get(path) ?? 0)]),
        ),
        answers: asker.count,
      },
    }
  } finally {
    await peers?.end()
    await server.end()
  }
}

/** Asks, and has the longest pause by path. */
class Asker {
  readonly #server: Child
  readonly #port: number
  // Bounded by the paths.
  readonly worst = new Map<string, number>()
  readonly failed: string[] = []
  count = 0

  constructor(server: Child, port: number) {
    this.#server = server
    this.#port = port
  }

  /** Of one that is there, and of one that has ended. */
  async ids(): Promise<string[]> {
    const answer = await fetch(`http://127.0.0.1:${this.#port}/debug/connections?limit=1`, {
      signal: AbortSignal.timeout(ANSWER_DEADLINE_MS),
    })
    const { present, ended } = (await answer.json()) as Record<'present' | 'ended', { readonly id: string }[]>
    return [...present, ...ended].map(({ id }) => id)
  }

  /** @param name under which its pauses are kept */
  async ask(path: string, name = path): Promise<void> {
    const seen: number[] = []
    await this.look(async () => {
      const answer = await fetch(`http://127.0.0.1:${this.#port}${path}`, {
        signal: AbortSignal.timeout(ANSWER_DEADLINE_MS),
      })
      await answer.arrayBuffer()
      const { status } = answer
      this.count++
      if (status !== (path.endsWith('/nobody') ? 404 : 200)) this.failed.push(`${path}: ${status}`)
    }, seen)
    this.worst.set(name, Math.max(this.worst.get(name) ?? 0, ...seen))
  }

  /** Adds the longest pause of the server meanwhile. */
  async look(act: () => Promise<unknown>, seen: number[]): Promise<void> {
    await this.#server.ask('worstGap')
    await act()
    seen.push(await this.#server.ask<number>('worstGap'))
  }
}

async function answers(peers: Child, wanted: number): Promise<number> {
  const until = performance.now() + ANSWERS_DEADLINE_MS
  for (;;) {
    const { texts } = await peers.ask<PeersState>('state')
    if (texts >= wanted || performance.now() > until) return texts
    await pause(50)
  }
}
