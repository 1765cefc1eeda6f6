/**
 * `holdfast run` as a process of a test, with workers: what it says is kept, and nothing of it outlives the test. It runs what was
 * built, as users do: with src/ and a compiler in it, each of its processes would take a second of a processor to start.
 *
 * Apps are written into a folder of the test, which goes with it. Every process that was ever announced is ended when the test
 * is over, whatever happened.
 */
import assert from 'node:assert/strict'
import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process'
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { birthOf } from './birth.ts'
import { until, within } from './deadline.ts'

export const ROOT = fileURLToPath(new URL('../..', import.meta.url))
/** Several processes start one after the other, on a machine that may be busy. */
export const PATIENCE_MS = 60_000

/** The command, as it was built. */
export const MAIN = join(ROOT, 'dist/cli/main.js')
const HOLDFAST = JSON.stringify(new URL('../../dist/index.js', import.meta.url).href)

/** An event of the supervisor, as `--json` prints it. */
export type Said = { readonly event: string } & Readonly<Record<string, unknown>>

/** Who has it: what is given to `after` is done when it is over. A test is one. */
export interface Owner {
  after(step: () => unknown): void
}

export interface SuperviseOptions {
  readonly flags?: readonly string[]
  readonly env?: NodeJS.ProcessEnv
  /** Default: a free port of 127.0.0.1. */
  readonly port?: number
  /** A program, with arguments, that starts it. */
  readonly through?: readonly string[]
  readonly stdio?: StdioOptions
  /** Of its own process group, so that a signal can be sent to all of it. */
  readonly detached?: boolean
  /** Default: the one that runs the test. */
  readonly node?: string
}

/** A folder with the modules of an app; the first line that imports Holdfast is put in front of each. */
export class AppFolder {
  readonly path = mkdtempSync(join(tmpdir(), 'holdfast-app-'))

  constructor(t: Owner) {
    t.after(() => rmSync(this.path, { recursive: true, force: true }))
  }

  /** Writes a module, or another version of it, at once. */
  write(text: string, name = 'app.mjs'): string {
    const path = join(this.path, name)
    writeFileSync(`${path}.new`, `import { createServer } from ${HOLDFAST}\n${text}`)
    renameSync(`${path}.new`, path)
    return path
  }
}

/** A server whose one route is `/`. A drain takes no time by itself. */
export function appWith(route: string, options = '{ drainWindowMs: 100 }'): string {
  return `const server = createServer(${options})\nserver.on('error', () => {})\nserver.route('/', ${route})\nexport default server\n`
}

export const ECHO = appWith('{ message: (connection, message) => void connection.send(message) }')

export class Supervised {
  readonly said: Said[] = []
  readonly exit: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>
  /** What it and its workers wrote to stderr. */
  errors = ''
  ended = false
  readonly #child: ChildProcess
  // By pid. Ends with the test.
  readonly #births = new Map<number, string | null>()
  #rest = ''

  constructor(t: Owner, app: string, options: SuperviseOptions) {
    const {
      flags = [],
      env = {},
      port = 0,
      through = [],
      stdio = ['ignore', 'pipe', 'pipe'],
      detached = false,
      node = process.execPath,
    } = options
    const address = ['--port', String(port), '--host', '127.0.0.1']
    const args = [node, MAIN, 'run', app, ...address, '--admin', '0', '--json', ...flags]
    const [program = '', ...rest] = [...through, ...args]
    const child = spawn(program, rest, {
      cwd: ROOT,
      stdio,
      detached,
      env: { ...process.env, NODE_TEST_CONTEXT: undefined, ...env },
    })
    this.#child = child
    child.stdout?.setEncoding('utf8').on('data', (chunk: string) => this.#read(chunk))
    child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
      this.errors += chunk
    })
    this.exit = new Promise((resolve) => {
      child.on('exit', (code, signal) => {
        this.ended = true
        resolve({ code, signal })
      })
    })
    t.after(() => this.#destroy())
  }

  get pid(): number {
    return this.#child.pid ?? 0
  }

  /** Of its admin port. */
  get adminPort(): number {
    return Number(this.all('admin')[0]?.port)
  }

  get port(): number {
    return Number(this.all('bound')[0]?.port)
  }

  all(event: string): Said[] {
    return this.said.filter((one) => one.event === event)
  }

  /** Pids of the workers that are there, and of no other process that has such a pid by now. */
  get living(): number[] {
    return [...this.#births].flatMap(([pid, birth]) => (birth !== null && birthOf(pid) === birth ? [pid] : []))
  }

  /** Of all workers there have ever been. */
  get pids(): number[] {
    return [...new Set(this.all('worker').map(({ pid }) => Number(pid)))]
  }

  /** Pids of the workers that serve now, by slot. */
  get serving(): number[] {
    const states = new Map<number, Said>()
    for (const one of this.all('worker')) states.set(Number(one.pid), one)
    // The one before is still there while it is looked at.
    const newest = new Map<number, Said>()
    for (const one of states.values()) if (one.state === 'serving') newest.set(Number(one.slot), one)
    return [...newest.values()].sort((a, b) => Number(a.slot) - Number(b.slot)).map(({ pid }) => Number(pid))
  }

  /** The first event of that name, from number `from` on. */
  async event(event: string, from = 0): Promise<Said> {
    await until(
      `it says "${event}"; it said ${this.#story()}`,
      () => this.all(event).length > from || this.ended,
      PATIENCE_MS,
    )
    const found = this.all(event)[from]
    if (found === undefined) throw new Error(`it ended without "${event}"; it said ${this.#story()} and ${this.errors}`)
    return found
  }

  signal(signal: NodeJS.Signals): void {
    process.kill(this.pid, signal)
  }

  /** Reloads, and tells what came of it. */
  async reload(): Promise<Said> {
    const before = this.all('reloaded').length + this.all('reloadFailed').length
    const outcomes = (): Said[] => this.said.filter(({ event }) => event === 'reloaded' || event === 'reloadFailed')
    this.signal('SIGHUP')
    await until(
      `the reload has ended; it said ${this.#story()}`,
      () => outcomes().length > before || this.ended,
      PATIENCE_MS,
    )
    const outcome = outcomes()[before]
    assert.ok(outcome, `it ended during the reload: ${this.errors}`)
    return outcome
  }

  async exitCode(): Promise<number | null> {
    return (await within('holdfast run to end', this.exit, PATIENCE_MS)).code
  }

  #read(chunk: string): void {
    const lines = (this.#rest + chunk).split('\n')
    this.#rest = lines.pop() ?? ''
    // Apps print to the same place.
    for (const line of lines) if (line.startsWith('{"event"')) this.#heard(JSON.parse(line))
  }

  #heard(said: Said): void {
    this.said.push(said)
    if (said.event === 'worker' && said.state === 'starting')
      this.#births.set(Number(said.pid), birthOf(Number(said.pid)))
  }

  #story(): string {
    return JSON.stringify(this.said.map(({ event, state, reason }) => [event, state, reason].filter(Boolean).join(' ')))
  }

  async #destroy(): Promise<void> {
    if (!this.ended) this.#child.kill('SIGKILL')
    await within('holdfast run to be gone', this.exit)
    for (const pid of this.living) killIfThere(pid)
    await until('its workers are gone', () => this.living.length === 0)
  }
}

/** Starts it, and waits until all workers serve. */
export async function supervise(t: Owner, app: string, options: SuperviseOptions = {}): Promise<Supervised> {
  const supervised = new Supervised(t, app, options)
  await supervised.event('started')
  return supervised
}

/** Is there such a process, and is it not only waiting to be buried? */
export function isThere(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It has ended.
  }
}
