/**
 * A real Prometheus for tests and drills: a process with a folder of its own, which scrapes what it is told to and evaluates rules. Owned by
 * whoever started it: ended by its pid, and its folder removed, when they are done.
 */
import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { findPrometheus } from '../peers/programs.js'
import { within } from './deadline.ts'
import type { Owner } from './supervised.ts'

const { prometheus: PROMETHEUS, promtool: PROMTOOL } = findPrometheus() ?? { prometheus: '', promtool: '' }
const READY_MS = 30_000

export interface Job {
  readonly name: string
  readonly ports: readonly number[]
  readonly token?: string
}

export interface PrometheusOptions {
  readonly jobs: readonly Job[]
  /** Of the port it listens on: a free one. */
  readonly port: number
  /** The text of a file of rules. */
  readonly rules?: string
  /** How often it scrapes and evaluates. */
  readonly everyMs?: number
}

/** One alert, as Prometheus tells it. */
export interface Alert {
  readonly name: string
  readonly state: 'pending' | 'firing'
  readonly labels: Readonly<Record<string, string>>
}

export interface Sampled {
  readonly metric: Readonly<Record<string, string>>
  readonly value: number
}

/** Runs promtool. */
export function promtool(args: readonly string[], { input = '', cwd = process.cwd() } = {}) {
  const ran = spawnSync(PROMTOOL, args, { input, cwd, encoding: 'utf8', timeout: 60_000 })
  return { status: ran.status, printed: `${ran.stdout}${ran.stderr}` }
}

export class Prometheus {
  readonly #url: string

  constructor(port: number) {
    this.#url = `http://127.0.0.1:${port}/api/v1`
  }

  async query(query: string): Promise<Sampled[]> {
    const data = await this.#ask(`/query?query=${encodeURIComponent(query)}`)
    const { result } = data as { result: { metric: Record<string, string>; value: [number, string] }[] }
    return result.map(({ metric, value }) => ({ metric, value: Number(value[1]) }))
  }

  /** Health of each target, and what it said last when it could not be scraped. */
  async targets(): Promise<{ readonly health: string; readonly lastError: string; readonly scrapeUrl: string }[]> {
    const { activeTargets } = (await this.#ask('/targets')) as { activeTargets: never[] }
    return activeTargets
  }

  async alerts(): Promise<Alert[]> {
    const data = (await this.#ask('/alerts')) as {
      alerts: { labels: Record<string, string>; state: Alert['state'] }[]
    }
    return data.alerts.map(({ labels, state }) => ({ name: labels.alertname ?? '', state, labels }))
  }

  async #ask(path: string): Promise<unknown> {
    const answer = await fetch(`${this.#url}${path}`)
    const { status, data, error } = (await answer.json()) as { status: string; data: unknown; error?: string }
    if (status !== 'success') throw new Error(`Prometheus: ${error}`)
    return data
  }
}

/** Starts one and waits until it is ready. */
export async function startPrometheus(owner: Owner, options: PrometheusOptions): Promise<Prometheus> {
  const { jobs, port, rules, everyMs = 1_000 } = options
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-prometheus-'))
  if (rules !== undefined) writeFileSync(join(folder, 'rules.yml'), rules)
  const config = {
    global: { scrape_interval: `${everyMs}ms`, scrape_timeout: `${everyMs}ms`, evaluation_interval: `${everyMs}ms` },
    rule_files: rules === undefined ? [] : ['rules.yml'],
    scrape_configs: jobs.map(({ name, ports, token }) => ({
      job_name: name,
      static_configs: [{ targets: ports.map((one) => `127.0.0.1:${one}`) }],
      ...(token !== undefined && { authorization: { credentials: token } }),
    })),
  }
  writeFileSync(join(folder, 'prometheus.yml'), stringify(config))
  const args = ['--config.file=prometheus.yml', '--storage.tsdb.path=data', `--web.listen-address=127.0.0.1:${port}`]
  const child = spawn(PROMETHEUS, args, { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] })
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    said = `${said}${chunk}`.slice(-4_000)
  })
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  owner.after(async () => {
    child.kill('SIGKILL')
    await within('Prometheus to be gone', gone)
    rmSync(folder, { recursive: true, force: true })
  })
  const latest = Date.now() + READY_MS
  for (;;) {
    const ready = await fetch(`http://127.0.0.1:${port}/-/ready`).catch(() => null)
    if (ready?.ok === true) return new Prometheus(port)
    if (Date.now() > latest || child.exitCode !== null) throw new Error(`Prometheus is not ready: ${said}`)
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}
