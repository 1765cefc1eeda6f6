/**
 * One worker: a process with an app in it. It does what its supervisor orders, and knows how to end when there is none
 * any more.
 *
 * Ends when it has drained: by order, by a SIGTERM of its own, or because the supervisor has gone: then it stops
 * listening at once, so that the port is free, and serves what it has until that is drained. Signals of a terminal (SIGINT,
 * SIGHUP) go to all processes, and are for the supervisor to decide on: a worker leaves them out. A second SIGTERM ends it at once.
 */
import { dirname } from 'node:path'
import type { Clock, ClockTimer } from '../base/clock.ts'
import { messageOf, stackOf } from '../base/errors.ts'
import { Events } from '../base/events.ts'
import type { BrokerEvents } from '../broker/broker-events.ts'
import { LinkBroker } from '../broker/link-broker.ts'
import { Mesh } from '../broker/mesh.ts'
import { closeHandle } from '../connection/raw-handle.ts'
import { INTERNALS } from '../server/internals.ts'
import { loadApp } from './app-module.ts'
import { Arriving } from './arriving.ts'
import type { Leaving, Order, PeerPlace, Word } from './control.ts'
import { Departing, pause } from './departing.ts'
import { Lane } from './lane.ts'
import { HandlePipe } from './raw-handles.ts'
import type { ServedServer } from './served-server.ts'
import { Tour } from './tour.ts'
import { type DrainTimes, drained, drainMsOf } from './worker-drain.ts'
import { figuresOf, unmet } from './worker-figures.ts'
import type { WorkerAdmin, WorkerLogs, WorkerProcess } from './worker-process.ts'

const ALONE: Leaving = { listening: false, retryAfterMs: null, autopsy: false }
const FIGURES_MS = 1_000
const LINKS_MS = 5_000
const FLUSH_MS = 1_000
const DECIDED_MS = 5_000
const CONDITIONS_EVERY_MS = 50
export class Worker {
  readonly #process: WorkerProcess
  readonly #clock: Clock
  #mesh: Mesh | null = null
  #broker: LinkBroker | null = null
  #server: ServedServer | null = null
  /** To the worker that takes over. */
  #lane: Lane | null = null
  #tour: { readonly done: Promise<void>; stop(): void } | null = null
  #figures: ClockTimer | null = null
  #arriving: Arriving | null = null
  #admin: WorkerAdmin | null = null
  #logs: WorkerLogs | null = null
  /** It is empty, and waits for its turn. */
  #autopsyDue: ((withinMs: number | null) => void) | null = null
  #listening = false
  #served = false
  #leaving = false
  #orphaned = false
  #closedByApp = false
  #folder = ''
  #drainTimes: DrainTimes = { windowMs: null, timeoutMs: null }

  constructor(process: WorkerProcess, clock: Clock) {
    this.#process = process
    this.#clock = clock
  }

  begin(): void {
    const { onOrder, onSupervisorGone, onSignal, onDying } = this.#process
    onSignal('SIGINT', () => {})
    onSignal('SIGHUP', () => {})
    onSignal('SIGTERM', () => {
      if (this.#leaving) this.#process.exit(143)
      this.#leaveBySelf()
    })
    onDying((error) => this.#say({ kind: 'dying', message: stackOf(error) || messageOf(error) }))
    onSupervisorGone(() => {
      this.#orphaned = true
      this.#autopsyDue?.(null)
      this.#leave(ALONE)
    })
    onOrder((order, handle) => {
      this.#obey(order, handle).catch((thrown: unknown) => this.#fail(thrown))
    })
  }

  async #obey(order: Order, handle: object | null): Promise<void> {
    if (order.kind === 'start') await this.#start(order)
    else if (order.kind === 'listen') await this.#listen(handle)
    else if (order.kind === 'part') this.#mesh?.part(order.name)
    else if (order.kind === 'lane') await this.#openLane(order.path)
    else if (order.kind === 'move') this.#move(order)
    else if (order.kind === 'drain') this.#leave(order)
    else if (order.kind === 'autopsy') this.#autopsyDue?.(order.withinMs)
  }

  async #start({ name, place, file, peers, from, admin, logs, drain }: Order & { kind: 'start' }): Promise<void> {
    const clock = this.#clock
    this.#drainTimes = drain
    this.#folder = dirname(place)
    const events = new Events<BrokerEvents>((_, thrown) => {
      throw thrown
    })
    // Before there is anything to be told: the first links, say.
    if (logs !== null) this.#logs = await this.#process.openLogs(logs)
    const mesh = new Mesh({ name, path: place, events, clock })
    await mesh.listen()
    this.#mesh = mesh
    const broker = new LinkBroker({ links: mesh, clock, events })
    this.#broker = broker
    for (const peer of peers) mesh.meet(peer.name, peer.path)
    const server = await loadApp(file)
    this.#server = server
    this.#logs?.serves(server)
    server[INTERNALS].connectBroker(broker)
    if (from !== null) {
      const lane = new Lane(HandlePipe.open(from.laneFd))
      const { arrivals } = server[INTERNALS]
      const { isAlive } = this.#process
      this.#arriving = new Arriving({ lane, arrivals, broker, clock, oldPid: from.pid, isAlive })
      this.#arriving.begin()
    }
    if (admin !== null) this.#admin = await this.#process.openAdmin(admin, server)
    await this.#linked(mesh, peers)
    if (this.#leaving) return
    this.#tellFigures()
    // One that is to take over has the old one serve until it could.
    if (from !== null)
      while (!this.#leaving && unmet(server[INTERNALS].notReady()).length > 0) await pause(clock, CONDITIONS_EVERY_MS)
    if (this.#leaving) return
    this.#say({ kind: 'ready', drainMs: drainMsOf(server, drain) })
  }

  /** Before it is ready it can hear all others. One that has gone meanwhile is not waited for long. */
  async #linked(mesh: Mesh, peers: readonly PeerPlace[]): Promise<void> {
    const missing = (): boolean => peers.some(({ name }) => mesh.to(name) === undefined)
    if (!missing()) return
    await new Promise<void>((resolve) => {
      const timer = this.#clock.after(LINKS_MS, resolve)
      mesh.onLinked(() => {
        if (missing()) return
        timer.cancel()
        resolve()
      })
    })
  }

  async #listen(handle: object | null): Promise<void> {
    try {
      if (handle === null) throw new Error('the listening handle did not come')
      // It may listen still, when another was to take over from it and has not.
      if (this.#listening || this.#leaving) closeHandle(handle)
      else await this.#server?.[INTERNALS].listenOn(handle)
    } catch (thrown) {
      if (!this.#served) throw thrown
      // Connections are here, which must not die of it: they are drained, and another worker is started.
      this.#leaveBySelf()
      return
    }
    this.#listening = this.#served = true
    this.#say({ kind: 'listening' })
  }

  #leaveBySelf(): void {
    this.#say({ kind: 'leaving' })
    this.#leave(ALONE)
  }

  #stopListening(server: ServedServer): void {
    this.#listening = false
    server[INTERNALS].stopListening()
  }

  async #openLane(path: string): Promise<void> {
    // That of a worker that has not taken over.
    this.#lane?.end()
    try {
      this.#lane = new Lane(await HandlePipe.connect(path))
      this.#say({ kind: 'lane', problem: '' })
    } catch (thrown) {
      this.#lane = null
      this.#say({ kind: 'lane', problem: messageOf(thrown) })
    }
  }

  #move({ newPid, busyMs }: Order & { kind: 'move' }): void {
    const [server, broker, lane] = [this.#server, this.#broker, this.#lane]
    if (server === null || broker === null || lane === null || this.#leaving) return
    const { departures } = server[INTERNALS]
    const clock = this.#clock
    const departing = new Departing({ lane, departures, broker, clock, newPid, isAlive: this.#process.isAlive })
    departing.begin()
    const tour = new Tour({
      ...{ departing, departures, clock, busyMs, stopListening: () => this.#stopListening(server) },
      coming: async () => ({ openings: server.ledger().opening, strangers: await server[INTERNALS].strangers() }),
      tourOnProgress: (moved, total) => this.#say({ kind: 'moving', moved, total }),
    })
    const done = tour.run().then((report) => {
      this.#tour = null
      this.#say({ kind: 'moved', report })
    })
    this.#tour = { done, stop: () => tour.stop() }
    done.catch((thrown: unknown) => this.#fail(thrown))
  }

  /** Drains and exits. */
  #leave(how: Leaving): void {
    if (this.#leaving) return
    this.#leaving = true
    // The channel to the supervisor may be gone, and with it what keeps the process alive.
    this.#clock.hold()
    this.#drain(how).catch((thrown: unknown) => this.#fail(thrown))
  }

  async #drain({ listening, retryAfterMs, autopsy }: Leaving): Promise<void> {
    const server = this.#server
    let late: ClockTimer | null = null
    // First the port: another supervisor may wait for it.
    if (server !== null && !listening) this.#stopListening(server)
    this.#tour?.stop()
    await this.#tour?.done
    await this.#decided()
    if (server !== null) {
      const drainMs = drainMsOf(server, this.#drainTimes)
      late = this.#clock.after(drainMs + server.options.closeTimeoutMs, () => this.#process.exit(1))
      const report = await drained(server, this.#drainTimes, retryAfterMs)
      this.#stopListening(server)
      await server.close()
      if (report !== null) this.#say({ kind: 'drained', report })
    }
    this.#figures?.cancel()
    await this.#part()
    late?.cancel()
    if (autopsy) await this.#autopsy()
    await this.#exit(this.#closedByApp ? 1 : 0)
  }

  /** Whoever is on the way here comes, to be drained with the others, or goes back. */
  async #decided(): Promise<void> {
    const arriving = this.#arriving
    arriving?.leave()
    const latest = this.#clock.now() + DECIDED_MS
    while (arriving !== null && arriving.undecided > 0 && this.#clock.now() < latest) await pause(this.#clock, 5)
  }

  /** Waits for its turn: others may be looked at before. */
  async #autopsy(): Promise<void> {
    const admin = this.#admin
    if (admin === null || this.#orphaned) return
    const due = new Promise<number | null>((resolve) => {
      this.#autopsyDue = resolve
    })
    this.#say({ kind: 'empty' })
    const withinMs = await due
    if (withinMs !== null) await this.#process.say({ kind: 'autopsy', report: await admin.autopsy(withinMs) })
  }

  /** From the other workers, and from clients of the app that would be served on. */
  async #part(): Promise<void> {
    this.#server?.[INTERNALS].hangUp()
    this.#broker?.end()
    await this.#mesh?.end()
    // What the worker that takes over has to know before we are gone.
    const latest = this.#clock.now() + FLUSH_MS
    while (this.#lane !== null && !this.#lane.ended && this.#lane.waitingBytes > 0 && this.#clock.now() < latest) {
      await pause(this.#clock, 5)
    }
  }

  async #exit(code: number): Promise<void> {
    const counted = await this.#admin?.close()
    if (this.#orphaned) this.#process.removeFolder(this.#folder)
    // The last figures, behind everything else that was said.
    if (this.#server !== null) await this.#process.say({ kind: 'figures', figures: figuresOf(this.#server), counted })
    const latest = this.#clock.now() + FLUSH_MS
    while (this.#logs?.waits() && this.#clock.now() < latest) await pause(this.#clock, 5)
    this.#process.exit(code)
  }

  #tellFigures(): void {
    if (this.#server?.[INTERNALS].isReady === false && !this.#leaving) {
      this.#closedByApp = true
      this.#say({ kind: 'dying', message: 'the app has closed its server' })
      this.#leaveBySelf()
      return
    }
    if (this.#server !== null) this.#say({ kind: 'figures', figures: figuresOf(this.#server) })
    this.#figures = this.#clock.after(FIGURES_MS, () => this.#tellFigures())
  }

  #say(word: Word): void {
    void this.#process.say(word)
  }

  #fail(thrown: unknown): void {
    this.#process
      .say({ kind: 'failed', message: messageOf(thrown), stack: stackOf(thrown) })
      .then(() => this.#process.exit(1))
      .catch(() => this.#process.exit(1))
  }
}
