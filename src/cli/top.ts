/**
 * `holdfast top`: a running service at a glance, again and again: who comes and goes, what each worker has, what is retained, how a
 * reload or a drain goes on. Ends with the key q, by a signal, or after one frame where nobody watches. Asks, and changes nothing.
 */
import { systemClock } from '../base/clock.ts'
import { printable, printableJson } from '../base/printable.ts'
import { ADMIN_FLAG, adminPlace } from './admin-flags.ts'
import { AskError } from './ask-admin.ts'
import { cut } from './columns.ts'
import type { Command, ExitCode, Screen, Terminal } from './command.ts'
import { type Flags, type Given, readFlags, UsageError } from './flags.ts'
import { type Glance, type GlanceQuestion, takeGlance } from './glance.ts'
import { type FrameLook, frameOf, ratesOf, type TopView } from './top-frame.ts'

const FLAGS: Flags = {
  admin: ADMIN_FLAG,
  every: { value: 'TIME', about: 'how often it looks (1s)' },
  once: { about: 'print one frame and end; without a terminal it does so anyway' },
  json: { about: 'print each look as JSON, one line each, with rates per second; until it is ended, or --once' },
}

const EVERY_MS = 1_000
const EVERY_MIN_MS = 100
/** Where nobody knows better. */
const COLUMNS = 100
/** Workers tell their counters once a second: a rate over one of these alone would jump. */
const RATE_GLANCES = 4
const KEYS = 'q: end   space: stand still'
const STILL = 'stands still; space goes on'

/** The glances so far, as far as rates need them. */
class Views {
  // The newest last. Bounded by RATE_GLANCES, and one.
  readonly #glances: { readonly glance: Glance; readonly at: number }[] = []
  #drainTotal = 0

  add(glance: Glance, at: number): TopView {
    const before = this.#glances[0]
    this.#glances.push({ glance, at })
    if (this.#glances.length > RATE_GLANCES) this.#glances.shift()
    this.#drainTotal = glance.state === 'draining' ? Math.max(this.#drainTotal, glance.connections) : 0
    const rates = before === undefined ? null : ratesOf(before.glance, glance, (at - before.at) / 1_000)
    return { glance, rates, drainTotal: this.#drainTotal }
  }
}

async function run(args: readonly string[], terminal: Terminal): Promise<ExitCode> {
  const given = readFlags(args, FLAGS, 'top')
  if (given.words.length > 0) throw new UsageError(`it takes no words, only flags: ${given.words.join(' ')}`)
  const everyMs = given.duration('every') ?? EVERY_MS
  if (everyMs < EVERY_MIN_MS) throw new UsageError(`--every: wanted at least ${EVERY_MIN_MS}ms`)
  const question = { place: adminPlace(given.text('admin')), token: terminal.env.HOLDFAST_ADMIN_TOKEN }
  const isJson = given.on('json')
  if (isJson || given.on('once') || terminal.screen === null) return printed(question, everyMs, given, terminal)
  return watched(question, everyMs, terminal.screen, terminal)
}

/** One frame, or lines of JSON. Two looks, because one has no rates. */
async function printed(question: GlanceQuestion, everyMs: number, given: Given, terminal: Terminal): Promise<ExitCode> {
  const stop = stopper(terminal)
  const views = new Views()
  const isOnce = given.on('once') || !given.on('json')
  let view: TopView | null = null
  try {
    view = views.add(await stop.glance(question), systemClock.now())
    do {
      await stop.orAfter(everyMs)
      if (stop.stopped) break
      view = views.add(await stop.glance(question), systemClock.now())
      if (given.on('json')) terminal.out(printableJson({ ...view.glance, rates: view.rates }))
    } while (!isOnce)
  } catch (thrown) {
    if (!stop.stopped) throw thrown
  }
  if (view === null) return 2
  if (!given.on('json')) {
    const look: FrameLook = { columns: columnsOf(terminal), rows: null, colour: false }
    for (const line of frameOf(printable(view), look)) terminal.out(line.trimEnd())
  }
  return view.glance.ready ? 0 : 1
}

/** Until somebody has seen enough. A service that does not answer may be on its way back. */
async function watched(
  question: GlanceQuestion,
  everyMs: number,
  open: NonNullable<Terminal['screen']>,
  terminal: Terminal,
): Promise<ExitCode> {
  const first = await takeGlance(question)
  const stop = stopper(terminal)
  const colour = (terminal.env.NO_COLOR ?? '') === ''
  const views = new Views()
  let view = views.add(first, systemClock.now())
  let isStill = false
  let shown: TopView | null = null
  let note = ''
  const draw = (): void => {
    const { columns, rows } = screen
    // Whose server it is nobody knows.
    const lines = shown === null ? [] : frameOf(printable(shown), { columns, rows: rows - 1, colour })
    screen.show([...lines, cut(note, columns)])
  }
  const screenOnKey = (key: string): void => {
    if (key === 'q' || key === 'Q' || key === '\x03') stop.stop()
    if (key !== ' ') return
    isStill = !isStill
    note = isStill ? STILL : KEYS
    draw()
  }
  const screen: Screen = open(screenOnKey, draw)
  try {
    while (!stop.stopped) {
      let outcome = KEYS
      try {
        view = views.add(await stop.glance(question), systemClock.now())
      } catch (thrown) {
        if (stop.stopped) break
        if (!(thrown instanceof AskError)) throw thrown
        outcome = `${thrown.message}; trying again`
      }
      if (!isStill) {
        shown = view
        note = outcome
        draw()
      }
      await stop.orAfter(everyMs)
    }
  } finally {
    screen.end()
  }
  return 0
}

/** Looks and waits that end early when it is told to stop: by a key, a signal, or because nobody reads any more what it says. */
function stopper(terminal: Terminal) {
  const { signal, stop } = stopping()
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) terminal.onSignal(name, stop)
  terminal.onUnread(stop)
  return {
    stop,
    get stopped() {
      return signal.aborted
    },
    /** @throws AskError; anything, when it is told to stop */
    async glance(question: GlanceQuestion): Promise<Glance> {
      // One for each look, so that nothing of a look stays.
      const look = stopping()
      signal.addEventListener('abort', look.stop)
      try {
        signal.throwIfAborted()
        return await takeGlance({ ...question, signal: look.signal })
      } finally {
        signal.removeEventListener('abort', look.stop)
      }
    },
    async orAfter(ms: number): Promise<void> {
      if (signal.aborted) return
      const hold = systemClock.hold()
      await new Promise<void>((resolve) => {
        const end = (): void => {
          timer.cancel()
          signal.removeEventListener('abort', end)
          resolve()
        }
        const timer = systemClock.after(ms, end)
        signal.addEventListener('abort', end)
      })
      hold.cancel()
    },
  }
}

function stopping(): { readonly signal: AbortSignal; stop(): void } {
  const controller = new AbortController()
  return { signal: controller.signal, stop: () => controller.abort() }
}

function columnsOf({ env }: Terminal): number {
  const columns = Number(env.COLUMNS)
  return Number.isInteger(columns) && columns > 0 ? columns : COLUMNS
}

export const TOP: Command = {
  usage: '[--admin 127.0.0.1:6060]',
  about: 'Shows a running service at a glance, once a second. Keys: q ends, space stands still.',
  flags: FLAGS,
  run,
}
