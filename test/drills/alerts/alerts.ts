/**
 * Every alert that is shipped, provoked for real: servers with the fault it is for, a Prometheus that scrapes them, and the rules as they
 * are but with durations that are shorter. A server without a fault stands beside them, and for that one nothing may fire.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { WebSocket } from 'ws'
import { parse } from 'yaml'
import { freePort } from '../../integration/deploy/front.ts'
import { within } from '../../support/deadline.ts'
import { type Prometheus, startPrometheus } from '../../support/prometheus.ts'
import { whenOver } from '../over.ts'
import { type Check, exactly, type Verdict } from '../verdict.ts'
import { scaledRules } from './scaled-rules.ts'

export interface AlertsOptions {
  /** Every duration of the rules is so many times shorter. */
  readonly factor: number
  /** At most; it ends as soon as all have fired. */
  readonly seconds: number
  /** Control: nothing is wrong with any server. */
  readonly calm: boolean
}

type Fault = 'heap' | 'gc' | 'busy' | 'odd' | 'calm'

interface Ports {
  readonly port: number
  readonly adminPort: number
  readonly ownPort: number | null
}

const EVERY_MS = 1_000
const RANGE_LEAST_MS = 4_000
const START_MS = 60_000
/** The storm comes after a while in which nothing of the kind was there, and the processes are no longer new. */
const STORM_AFTER_MS = 12_000
const TARGET = fileURLToPath(new URL('target.js', import.meta.url))
const RULES = readFileSync(new URL('../../../deploy/prometheus/rules.yml', import.meta.url), 'utf8')
const NODE_OPTIONS: Readonly<Partial<Record<Fault, readonly string[]>>> = {
  heap: ['--max-old-space-size=48'],
  gc: ['--max-old-space-size=3000', '--expose-gc'],
}
/** A machine that has no time is a fault of its own. */
const BY_SLOW_MACHINES = /^Holdfast(GcPauseLong|HandlerSlow) /
/** Which server has the fault that each alert is for. */
const FAULTS: Readonly<Record<string, Fault>> = {
  HoldfastOldGenerationNearLimit: 'heap',
  HoldfastGcPauseLong: 'gc',
  HoldfastHandlerSlow: 'busy',
  HoldfastHandlerErrors: 'busy',
  HoldfastRetainedGrowing: 'busy',
  HoldfastReconnectStorm: 'busy',
  HoldfastLedgerOutOfBalance: 'odd',
  HoldfastConnectionsNearLimit: 'odd',
  HoldfastDescriptorsNearLimit: 'odd',
  HoldfastCacheHitRateLow: 'odd',
  HoldfastConsumerLag: 'odd',
}

/** What is to be ended, latest first. */
class Steps {
  readonly #steps: (() => unknown)[] = []

  after(step: () => unknown): void {
    this.#steps.unshift(step)
  }

  async end(): Promise<void> {
    for (const step of this.#steps) await step()
  }
}

export async function drillAlerts({ factor, seconds, calm }: AlertsOptions): Promise<Verdict> {
  const steps = new Steps()
  try {
    const faults: readonly Fault[] = ['heap', 'gc', 'busy', 'odd', 'calm']
    const started = await Promise.all(faults.map((fault) => startTarget(steps, calm ? 'calm' : fault)))
    const targets = new Map(faults.map((fault, index) => [fault, started[index] as Ports]))
    const own = started.flatMap(({ ownPort }) => (ownPort === null ? [] : [ownPort]))
    const jobs = [...targets].map(([fault, { adminPort }]) => ({ name: fault, ports: [adminPort] }))
    const rules = scaledRules(RULES, factor, RANGE_LEAST_MS, EVERY_MS)
    const prometheus = await startPrometheus(steps, {
      ...{ rules, everyMs: EVERY_MS, port: await freePort() },
      jobs: own.length > 0 ? [...jobs, { name: 'odd-own', ports: own }] : jobs,
    })
    // Scraped before there is anything to see: what begins at 1 has not risen.
    await pause(3 * EVERY_MS)
    const traffic = new Traffic(targets, calm)
    steps.after(() => traffic.end())
    const fired = await watch(prometheus, seconds)
    return { drill: 'alerts', checks: checksOf(fired), numbers: { firedAfterSeconds: Object.fromEntries(fired) } }
  } finally {
    await steps.end()
  }
}

/** After how many seconds each has fired, by name and job. */
async function watch(prometheus: Prometheus, seconds: number): Promise<Map<string, number>> {
  const fired = new Map<string, number>()
  const began = performance.now()
  const passed = (): number => (performance.now() - began) / 1_000
  const isThere = (name: string, fault: Fault): boolean =>
    [...fired.keys()].some((key) => key.startsWith(`${name} of ${fault}`))
  while (passed() < seconds) {
    for (const { name, state, labels } of await prometheus.alerts()) {
      const key = `${name} of ${labels.job}`
      if (state === 'firing' && !fired.has(key)) fired.set(key, Math.round(passed()))
    }
    if (Object.entries(FAULTS).every(([name, fault]) => isThere(name, fault))) break
    await pause(EVERY_MS / 2)
  }
  return fired
}

function checksOf(fired: ReadonlyMap<string, number>): Check[] {
  const alerts = (parse(RULES) as { groups: { rules: { alert: string }[] }[] }).groups.flatMap(({ rules }) => rules)
  const checks = alerts.map(({ alert }) => {
    const wanted = `${alert} of ${FAULTS[alert]}`
    return exactly(
      `${alert} fires`,
      [...fired.keys()].some((key) => key.startsWith(wanted)),
      true,
    )
  })
  const ofCalm = [...fired.keys()].filter((key) => key.endsWith(' of calm') && !BY_SLOW_MACHINES.test(key))
  return [...checks, exactly('alerts of the server without a fault', ofCalm, [])]
}

async function startTarget(steps: Steps, fault: Fault): Promise<Ports> {
  const node = [process.execPath, ...(NODE_OPTIONS[fault] ?? []), TARGET, fault]
  // `odd` may have few descriptors.
  const [program = '', ...args] = fault === 'odd' ? ['sh', '-c', 'ulimit -n 220; exec "$0" "$@"', ...node] : node
  const child: ChildProcess = spawn(program, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  const forget = whenOver(() => child.kill('SIGKILL'))
  const gone = once(child, 'exit')
  steps.after(async () => {
    child.kill('SIGKILL')
    await within('a server to be gone', gone)
    forget()
  })
  const [ports] = await within(`the server ${fault}`, once(child, 'message'), START_MS)
  return ports as Ports
}

/** Who comes to the servers. Ends with `end()`. */
class Traffic {
  // Removed by: their end.
  readonly #sockets = new Set<WebSocket>()
  readonly #timers: NodeJS.Timeout[] = []

  constructor(targets: ReadonlyMap<Fault, Ports>, calm: boolean) {
    const of = (fault: Fault): Ports => targets.get(fault) as Ports
    const steady = [...Array(10)].map(() => this.#open(of('calm').port, '/'))
    this.#every(100, () => {
      for (const socket of steady) if (socket.readyState === WebSocket.OPEN) socket.send('hello')
    })
    if (calm) return
    const { port, adminPort } = of('busy')
    for (let index = 0; index < 18; index++) this.#open(of('odd').port, '/')
    this.#every(500, () => this.#visit(port, '/slow', 1_500))
    this.#every(200, () => this.#visit(port, '/fail', 1_500))
    this.#timers.push(setTimeout(() => this.#every(20, () => this.#visit(port, '/kept', 200)), STORM_AFTER_MS))
    this.#every(1_500, () => void fetch(`http://127.0.0.1:${adminPort}/debug/census?gc=1`).catch(() => {}))
  }

  end(): void {
    for (const timer of this.#timers) clearInterval(timer)
    for (const socket of this.#sockets) socket.terminate()
  }

  #every(ms: number, fn: () => void): void {
    this.#timers.push(setInterval(fn, ms))
  }

  /** Comes, says one thing, and leaves. */
  #visit(port: number, path: string, ms: number): void {
    const socket = this.#open(port, path)
    socket.on('open', () => {
      socket.send('hello')
      setTimeout(() => socket.terminate(), ms)
    })
  }

  #open(port: number, path: string): WebSocket {
    const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`)
    this.#sockets.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => this.#sockets.delete(socket))
    return socket
  }
}
