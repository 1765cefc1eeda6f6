/**
 * One supervisor after the other on one port, with clients, for one kill after the other; and what there is to see after each. What
 * is asked is asked of the clients, of the workers, and of the kernel.
 *
 * Owned by the drill; everything it starts ends with its owner.
 */
import { mkdirSync, readdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { until, within } from '../../support/deadline.ts'
import { programOf } from '../../support/program.ts'
import { AppFolder, type Owner, PATIENCE_MS, type Said, Supervised } from '../../support/supervised.ts'
import { DrillSocket } from '../reload/drill-socket.ts'
import { childrenOf, descriptorsOf, holders, inodesByClient } from './descriptors.ts'
import type { Told } from './kill-app.ts'
import { KillClients } from './kill-clients.ts'
import { FOLDER_VARIABLE, giveOrder } from './kill-order.ts'
import { nameOf, type Plan } from './kill-plan.ts'

export interface StageOptions {
  readonly connections: number
  readonly intervalMs: number
  /** Whoever is not answered for so long hangs. */
  readonly answerMs: number
}

/** What came of one kill. */
export interface RoundResult {
  readonly name: string
  readonly killed: boolean
  readonly problems: readonly string[]
  /** Clients that saw their end, by close code. */
  readonly ended: Readonly<Record<string, number>>
  readonly living: number
  /** Room messages that died with a worker. */
  readonly missed: number
  /** Of a supervisor: how long the next one had to wait for the port, and when it served after the kill, starting included. */
  readonly takeover: { readonly portMs: number; readonly takeoverMs: number } | null
}

const APP = programOf(fileURLToPath(new URL('kill-app.ts', import.meta.url)))
const SETTLE_MS = 30_000
/** More than all deadlines of the app together. */
const DRAINED_MS = 30_000
const MEMBERS = 12

/** What the clients are: most echo, some are busy, some hold something, two cannot move, some are in a room. */
function pathsOf(connections: number): string[] {
  const rest = connections - MEMBERS - 2 - 8 - 8
  return [
    ...Array.from({ length: rest }, () => '/echo'),
    ...Array.from({ length: 8 }, () => '/slow'),
    ...Array.from({ length: 8 }, () => '/hold'),
    ...Array.from({ length: MEMBERS }, () => '/room'),
    ...['/kept', '/kept'],
  ]
}

export class KillStage {
  readonly #owner: Owner
  readonly #options: StageOptions
  readonly #folder: string
  #run: Supervised
  #clients = new KillClients()
  #rounds = 0
  /** Descriptors of the supervisor when nothing had happened yet. */
  #descriptors = 0
  /** Processes it had started by then that are no workers: what runs TypeScript may have one. */
  #bystanders: readonly number[] = []

  private constructor(owner: Owner, options: StageOptions) {
    this.#owner = owner
    this.#options = options
    this.#folder = new AppFolder(owner).path
    giveOrder(this.#folder, { round: 0, oldPid: 0, plan: null })
    mkdirSync(this.#temporary)
    this.#run = this.#supervisor(0)
    owner.after(() => this.#clients.leave())
  }

  static async start(owner: Owner, options: StageOptions): Promise<KillStage> {
    const stage = new KillStage(owner, options)
    await stage.#started()
    return stage
  }

  /** Clients, a reload, a kill in it, and what there is to see then. */
  async round(plan: Plan): Promise<RoundResult> {
    const round = ++this.#rounds
    const run = this.#run
    await this.#fill()
    const [oldPid = 0] = run.serving
    giveOrder(this.#folder, { round, oldPid, plan })
    this.#clients.begin(this.#options.intervalMs)
    const result =
      plan.victim === 'supervisor' ? await this.#afterSupervisor(plan) : await this.#afterWorker(plan, oldPid)
    return { ...result, name: nameOf(plan), killed: this.#wasKilled(round) }
  }

  get clients(): KillClients {
    return this.#clients
  }

  async #afterWorker(plan: Plan, oldPid: number): Promise<Omit<RoundResult, 'name' | 'killed'>> {
    const run = this.#run
    const clients = this.#clients
    const problems: string[] = []
    const before = run.said.length
    const outcome = await run.reload()
    const isNew = plan.victim === 'new'
    if (isNew) problems.push(...wrongOutcome(outcome, plan))
    await until(`one worker serves; ${this.#story()}`, () => this.#settled(), SETTLE_MS)
    await clients.stop()
    const silent = await clients.silent(this.#options.answerMs)
    if (silent.length > 0) problems.push(`${silent.length} clients hang, ${silent[0]?.path} for one`)
    const told = await this.#ask()
    const living = clients.living.length
    const ended = this.#endings()
    if (isNew && plan.phase !== 'drain') problems.push(...wrongDeath(run.said.slice(before), told, oldPid, ended))
    if (!isNew && ['adopted', 'commit'].includes(plan.phase) && living < plan.nth) {
      problems.push(`${plan.nth} were taken over, ${living} live`)
    }
    if (isNew && clients.missed > 0) problems.push(`${clients.missed} room messages are missing`)
    problems.push(...this.#clientProblems(), ...wrongIds(clients, told))
    problems.push(...(await this.#kernelProblems(run.serving)))
    return { problems, ended, living, missed: clients.missed, takeover: null }
  }

  async #afterSupervisor(plan: Plan): Promise<Omit<RoundResult, 'name' | 'killed'>> {
    const run = this.#run
    const clients = this.#clients
    const { port } = run
    const folders = this.#socketFolders()
    const problems: string[] = []
    run.signal('SIGHUP')
    const outcomes = (): number => run.all('reloaded').length + run.all('reloadFailed').length
    const before = outcomes()
    await until(`the supervisor is killed at ${plan.phase}`, () => run.ended || outcomes() > before, PATIENCE_MS)
    if (!run.ended) run.signal('SIGKILL')
    await within('the supervisor to be gone', run.exit)
    const killedAt = performance.now()
    const since = (): number => Math.round(performance.now() - killedAt)
    this.#run = this.#supervisor(port)
    // A process takes its time to start, whoever has the port.
    await until('the next supervisor runs', () => this.#run.said.length > 0 || this.#run.ended, PATIENCE_MS)
    const ranAt = since()
    await this.#run.event('bound')
    const portMs = since() - ranAt
    await this.#started()
    const takeoverMs = since()
    const gone = (): boolean => run.living.length === 0
    const others = (): boolean => clients.living.length === 0
    await until('', () => gone() && others(), DRAINED_MS).catch(() => {})
    await clients.stop()
    if (!others()) problems.push(`${clients.living.length} clients saw no end`)
    if (!gone()) problems.push('workers of a dead supervisor do not end')
    const ended = this.#endings()
    const strange = Object.keys(ended).filter((code) => code !== '1012')
    if (strange.length > 0) problems.push(`ended with ${JSON.stringify(ended)}, not all with 1012`)
    problems.push(...this.#clientProblems())
    const left = this.#socketFolders().filter((name) => folders.includes(name))
    if (left.length > 0) problems.push(`left in the temporary folder: ${filesIn(this.#temporary)}`)
    for (const pid of run.living) process.kill(pid, 'SIGKILL')
    return { problems, ended, living: clients.living.length, missed: 0, takeover: { portMs, takeoverMs } }
  }

  /** Those that were ended are replaced, and everything is counted from here. */
  async #fill(): Promise<void> {
    this.#clients.leave()
    this.#clients = new KillClients()
    await this.#clients.open(this.#run.port, pathsOf(this.#options.connections))
    await until('they are greeted', () => this.#clients.all.every(({ id }) => id !== ''), PATIENCE_MS)
  }

  #supervisor(port: number): Supervised {
    const env = { TMPDIR: this.#temporary, [FOLDER_VARIABLE]: this.#folder }
    return new Supervised(this.#owner, APP, { port, env })
  }

  /** Of all supervisors: compiled once is enough. */
  get #temporary(): string {
    return join(this.#folder, 'tmp')
  }

  /** Where workers have their sockets. */
  #socketFolders(): string[] {
    return readdirSync(this.#temporary).filter((name) => name.startsWith('holdfast-'))
  }

  async #started(): Promise<void> {
    await this.#run.event('started')
    const { pid, serving } = this.#run
    this.#descriptors = descriptorsOf(pid).length
    this.#bystanders = childrenOf(pid).flatMap((child) => (serving.includes(child.pid) ? [] : [child.pid]))
  }

  #settled(): boolean {
    const { serving, living } = this.#run
    return serving.length === 1 && living.length === 1 && living[0] === serving[0]
  }

  #story(): string {
    return JSON.stringify(
      this.#run.said.slice(-12).map(({ event, pid, state, reason }) => [event, pid, state, reason].join(' ')),
    )
  }

  #wasKilled(round: number): boolean {
    return readdirSync(this.#folder).includes(`killed-${round}`)
  }

  #endings(): Record<string, number> {
    const ended: Record<string, number> = {}
    for (const client of this.#clients.all)
      if (client.ended !== null) ended[client.ended] = (ended[client.ended] ?? 0) + 1
    return ended
  }

  #clientProblems(): string[] {
    const wrong = this.#clients.all.filter(({ problems }) => problems > 0)
    return wrong.length === 0 ? [] : [`${wrong.length} clients were served wrongly: ${wrong[0]?.problem}`]
  }

  /** What the worker that serves says of itself. */
  async #ask(): Promise<Told> {
    let text = ''
    const socket = await DrillSocket.open(new URL(`ws://127.0.0.1:${this.#run.port}/ask`), 'whole', {
      onText: (told) => {
        text = told
      },
      onEnd: () => {},
    })
    await until('a worker answers', () => text !== '', PATIENCE_MS)
    socket.leave()
    return JSON.parse(text)
  }

  /** Each client's socket is held once, nobody's else; nothing is left behind. */
  async #kernelProblems(serving: readonly number[]): Promise<string[]> {
    let problems: string[] = []
    const look = (): boolean => {
      problems = this.#look(serving)
      return problems.length === 0
    }
    await until('', look, 5_000).catch(() => {})
    return problems
  }

  #look(serving: readonly number[]): string[] {
    const { pid, port } = this.#run
    const problems: string[] = []
    const inodes = inodesByClient(port)
    const held = holders([pid, ...this.#run.living])
    const wrong = this.#clients.all.filter((client) => {
      const count = held.get(inodes.get(client.port) ?? '') ?? 0
      return count !== (client.ended === null ? 1 : 0)
    })
    if (wrong.length > 0) problems.push(`${wrong.length} sockets are not held by exactly one process`)
    const descriptors = descriptorsOf(pid).length
    if (descriptors > this.#descriptors) {
      problems.push(`the supervisor has ${descriptors} descriptors, had ${this.#descriptors}`)
    }
    const known = new Set([...serving, ...this.#bystanders])
    const strangers = childrenOf(pid).filter((child) => !known.has(child.pid))
    if (strangers.length > 0) problems.push(`processes left: ${JSON.stringify(strangers)}`)
    // Of each worker, that of its mesh and that where it answers its supervisor.
    const files = filesIn(this.#temporary)
    const admin = files.filter((name) => basename(name).startsWith('admin-'))
    if (Math.max(admin.length, files.length - admin.length) > serving.length) {
      problems.push(`socket files of ${serving.length} worker: ${files.join()}`)
    }
    return problems
  }
}

function wrongOutcome({ event, reason }: Said, { how }: Plan): string[] {
  const wanted = how === 'exit' ? 'the new worker died: it ended with code 9' : /died|ended by SIGKILL/
  const text = String(reason)
  const fits = typeof wanted === 'string' ? text === wanted : wanted.test(text)
  return event === 'reloadFailed' && fits ? [] : [`the reload ended with ${event} ${text}`]
}

/**
 * The new worker has died. As long as the old one was moving, it serves on all that it has not handed over. When it had handed over all
 * that can move, it is leaving: then only those end that the new one had, and those that were drained.
 */
function wrongDeath(
  said: readonly Said[],
  told: Told,
  oldPid: number,
  ended: Readonly<Record<string, number>>,
): string[] {
  const count = Object.values(ended).reduce((sum, one) => sum + one, 0)
  const progress = said.filter(({ event }) => event === 'progress')
  if (!progress.some(({ phase }) => phase === 'draining')) {
    if (told.pid !== oldPid) return ['the old worker does not serve']
    return count > told.given ? [`${count} were ended, ${told.given} had been handed over`] : []
  }
  const moved = Math.max(...progress.map(({ moved }) => Number(moved)))
  const others = count - (ended[1012] ?? 0)
  return others > moved ? [`${others} were ended and not drained, ${moved} had been handed over`] : []
}

function wrongIds(clients: KillClients, { ids, imbalances }: Told): string[] {
  const problems: string[] = []
  const known = new Set(ids)
  const lost = clients.living.filter(({ id }) => !known.has(id)).length
  if (lost > 0) problems.push(`${lost} clients that live are not known to the worker`)
  if (ids.length > clients.living.length + clients.all.filter(({ ended }) => ended !== null).length) {
    problems.push(`the worker has ${ids.length} connections for ${clients.living.length} clients`)
  }
  if (imbalances.length > 0) problems.push(`the ledger does not add up: ${JSON.stringify(imbalances)}`)
  return problems
}

function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.sock'))
}
