/**
 * A worker as its supervisor sees it: the child process, what it said last, and how it ended.
 *
 * Made by the supervisor; ends when its process has exited, which `gone` tells. It never restarts anything.
 */
import { type ChildProcess, fork, type StdioOptions } from 'node:child_process'
import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Clock, ClockTimer } from '../base/clock.ts'
import type { Order, Word, WorkerFigures } from './control.ts'
import type { Generation } from './generation.ts'

export type WorkerState = 'starting' | 'ready' | 'serving' | 'moving' | 'draining' | 'gone'

export interface WorkerInit {
  /** No other worker has it or had it. */
  readonly name: string
  readonly slot: number
  readonly generation: Generation
  /** Where its mesh listens. */
  readonly place: string
  /** Where it is to answer what its supervisor asks; null: nowhere. */
  readonly adminPath: string | null
  /** A Unix socket, not reading, that becomes its lane; null when it takes over from nobody. */
  readonly lane: object | null
  readonly clock: Clock
  workerOnWord(worker: ForkedWorker, word: Word): void
  workerOnGone(worker: ForkedWorker): void
}

/** How a process ended. */
export interface Exit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  /** Why, in words. */
  readonly reason: string
}

interface Waiter {
  readonly kind: Word['kind']
  readonly timer: ClockTimer
  resolve(word: Word): void
  reject(error: Error): void
}

/** The descriptor of the lane in the child; the first behind that of the IPC channel. */
export const LANE_FD = 4
const ENTRY = fileURLToPath(new URL(`worker-main${extname(import.meta.url)}`, import.meta.url))

export class ForkedWorker {
  readonly name: string
  readonly slot: number
  readonly generation: Generation
  readonly place: string
  readonly adminPath: string | null
  readonly pid: number
  readonly gone: Promise<Exit>
  /** Calendar time of its start. */
  readonly startedAt: number
  readonly #init: WorkerInit
  readonly #child: ChildProcess
  // Removed by: the word, the deadline, or the end of the process.
  readonly #waiters = new Set<Waiter>()
  #state: WorkerState = 'starting'
  #since: number
  #figures: WorkerFigures | null = null
  #counted: unknown
  #drainMs = 0
  #lastWords = ''
  #leaving = false
  #killer: ClockTimer | null = null

  constructor(init: WorkerInit) {
    const { name, slot, generation, place, adminPath, lane, clock } = init
    this.#init = init
    this.name = name
    this.slot = slot
    this.generation = generation
    this.place = place
    this.adminPath = adminPath
    this.startedAt = this.#since = clock.wallNow()
    const stdio: StdioOptions = ['ignore', 'inherit', 'inherit', 'ipc']
    if (lane !== null) stdio.push(lane as never)
    const { path, nodeOptions } = generation.app
    const execArgv = [
      ...process.execArgv,
      ...nodeOptions.filter((one) => !process.execArgv.includes(one)),
      ...generation.nodeOptions,
    ]
    const child = fork(ENTRY, [path], { serialization: 'advanced', execArgv, stdio, env: environment() })
    this.#child = child
    this.pid = child.pid ?? 0
    child.on('message', (word: Word) => this.#heard(word))
    this.gone = new Promise((resolve) => {
      const end = (code: number | null, signal: NodeJS.Signals | null, problem: string): void => {
        if (this.#state === 'gone') return
        this.#become('gone')
        this.#killer?.cancel()
        const reason = problem || this.#lastWords || endedWith(code, signal)
        for (const waiter of this.#waiters) waiter.reject(new Error(reason))
        resolve({ code, signal, reason })
        init.workerOnGone(this)
      }
      child.on('exit', (code, signal) => end(code, signal, ''))
      // It could not be started, killed or spoken to; of these only the first is an end.
      child.on('error', (error) => {
        if (child.pid === undefined) end(null, null, error.message)
      })
    })
  }

  get state(): WorkerState {
    return this.#state
  }

  /** Calendar time of the last change of state. */
  get since(): number {
    return this.#since
  }

  get figures(): WorkerFigures | null {
    return this.#figures
  }

  /** What it said last that it had counted; undefined: it has not. */
  get counted(): unknown {
    return this.#counted
  }

  /** Was it told to go, or has it said so? Then its end is no crash. */
  get leaving(): boolean {
    return this.#leaving
  }

  order(order: Order, handle?: object): void {
    if (this.#state === 'gone' || !this.#child.connected) return
    if (order.kind === 'drain') this.#leave()
    if (order.kind === 'move') this.#become('moving')
    // What cannot be sent any more is told by the end of the process.
    this.#child.send(order, handle as never, () => {})
  }

  /** The next word of that kind. Rejects when the process ends before, or after `withinMs`. */
  hears<Kind extends Word['kind']>(kind: Kind, withinMs: number, what: string): Promise<Word & { kind: Kind }> {
    if (this.#state === 'gone') return Promise.reject(new Error(this.#lastWords || 'it has ended'))
    return new Promise((resolve, reject) => {
      const forget = (): void => {
        timer.cancel()
        this.#waiters.delete(waiter)
      }
      const timer = this.#init.clock.after(withinMs, () => {
        forget()
        reject(new Error(`${what} within ${withinMs} ms`))
      })
      const waiter: Waiter = {
        ...{ kind, timer },
        resolve(word) {
          forget()
          resolve(word as Word & { kind: Kind })
        },
        reject(error) {
          forget()
          reject(error)
        },
      }
      this.#waiters.add(waiter)
    })
  }

  /** @param reason what to say of its end, unless it has said something itself */
  kill(reason = ''): void {
    this.#leaving = true
    this.#lastWords ||= reason
    this.#child.kill('SIGKILL')
  }

  /** It has been told to leave, or leaves: it is killed when it does not. */
  #leave(): void {
    if (this.#leaving) return
    this.#leaving = true
    this.#become('draining')
    const kill = (): void => this.kill(`it had not finished after ${this.#drainMs} ms`)
    if (this.#drainMs === 0) kill()
    else this.#killer = this.#init.clock.after(this.#drainMs, kill)
  }

  #heard(word: Word): void {
    if (word.kind === 'ready') {
      this.#drainMs = word.drainMs
      this.#become('ready')
    } else if (word.kind === 'listening') this.#become('serving')
    else if (word.kind === 'figures') {
      this.#figures = word.figures
      this.#counted = word.counted
    } else if (word.kind === 'failed' || word.kind === 'dying') this.#lastWords = word.message
    else if (word.kind === 'leaving') this.#leave()
    // From here on it is up to whoever is to look at it.
    else if (word.kind === 'empty') this.#killer?.cancel()
    for (const waiter of [...this.#waiters]) if (waiter.kind === word.kind) waiter.resolve(word)
    this.#init.workerOnWord(this, word)
  }

  #become(state: WorkerState): void {
    this.#state = state
    this.#since = this.#init.clock.wallNow()
  }
}

function endedWith(code: number | null, signal: NodeJS.Signals | null): string {
  return signal === null ? `it ended with code ${code}` : `it was ended by ${signal}`
}

/** What systemd says to the supervisor is not meant for workers. */
function environment(): NodeJS.ProcessEnv {
  const { LISTEN_FDS: _, LISTEN_PID: __, LISTEN_FDNAMES: ___, NOTIFY_SOCKET: ____, ...rest } = process.env
  return rest
}
