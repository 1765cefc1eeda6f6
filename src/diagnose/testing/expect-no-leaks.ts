/**
 * `expectNoLeaks`: for tests. What is over while a function runs has to be released soon after it.
 *
 * It judges with a census of its own, and with controls in every census: an object it holds has to be found each time, and
 * one it lets go of has to be gone; otherwise it says that it cannot judge here instead of saying that all is well. Ends when
 * its promise settles: no subscription, no timer, nothing watched.
 */
import { type Clock, systemClock } from '../../base/clock.ts'
import { HoldfastError } from '../../base/errors.ts'
import { integerOption, type OptionsInput, readOptions, wrongArgument } from '../../base/options.ts'
import type { Collect } from '../../resilience/collect-garbage.ts'
import { Census } from '../census/census.ts'
import { counted, type Retained } from '../census/report.ts'
import { EndedHere } from './ended-here.ts'

const OPTIONS = {
  withinMs: integerOption(0, 60 * 60_000, {
    default: 2_000,
    about: 'So long after the function has ended, everything has to be released.',
    without: 'sockets that are still closing would be taken for leaks.',
  }),
} as const

export type NoLeaksOptions = OptionsInput<typeof OPTIONS>

/** What the function gets. */
export interface Watching {
  /** Nobody is to hold it when the function is over. The name stands in the error. @throws HoldfastError HF_OPTION_INVALID */
  expectReleased(object: object, name: string): void
}

/** What a test of this may want to own. */
export interface NoLeaksSurroundings {
  readonly clock?: Clock
  readonly collect?: Collect
}

/** Held by `expectNoLeaks` itself, which reads its name after each look: so it is there. */
interface Control {
  readonly name: string
}

const CONTROL = 'control'
const HELD = 'held on purpose'
const RELEASED = 'let go of on purpose'
const FIRST_WAIT_MS = 10
const WAIT_MS_MAX = 500

/**
 * Runs `fn`. Every connection and upgrade request of any Holdfast server of this process that is over meanwhile, and
 * whatever is given to `expectReleased`, has to be released, and every connection that opens has to be over, `withinMs` after
 * `fn` has ended. Works on node:test, Vitest (processes and threads) and Jest, with and without --expose-gc; Jest imports it, as
 * any ES module, with NODE_OPTIONS=--experimental-vm-modules. Ends with an error where fake timers are on.
 *
 * @throws HoldfastError HF_NOT_RELEASED with what is left, by kind and route; HF_CENSUS_BLIND when this process cannot be judged,
 *   for example with fake timers; what `fn` throws
 */
export async function expectNoLeaks(
  fn: (watching: Watching) => unknown,
  options: NoLeaksOptions = {},
  { clock = systemClock, collect }: NoLeaksSurroundings = {},
): Promise<void> {
  if (typeof fn !== 'function') throw wrongArgument('expectNoLeaks()', 'fn', fn, 'a function')
  const { withinMs } = readOptions('expectNoLeaks()', OPTIONS, options)
  refuseFakeTimers()
  const census = new Census({ clock, censusOnLeak: () => {}, ...(collect && { collect }) }, { everyMs: 0 })
  const control = { name: HELD }
  census.watch(control, { kind: CONTROL, route: HELD })
  watchReleased(census)
  const here = new EndedHere((object, kind, route) => census.watch(object, { kind, route }))
  try {
    // First of all: is what is held found, and what is not held gone?
    await look(census, control)
    await run(fn, census)
    await waitUntilReleased(census, here, control, { clock, withinMs })
  } finally {
    here.end()
    census.end()
  }
}

/** A function of its own: its frame is gone before anybody looks. */
async function run(fn: (watching: Watching) => unknown, census: Census): Promise<void> {
  await fn({ expectReleased: (object, name) => census.expectReleased(object, name) })
}

async function waitUntilReleased(
  census: Census,
  here: EndedHere,
  control: Control,
  { clock, withinMs }: { readonly clock: Clock; readonly withinMs: number },
): Promise<void> {
  const latest = clock.now() + withinMs
  for (let waitMs = FIRST_WAIT_MS; ; waitMs = Math.min(waitMs * 2, WAIT_MS_MAX)) {
    // A census stops the process: as long as any is open there is no need of one.
    const isLast = clock.now() >= latest
    const { open } = here
    const retained = open.size > 0 && !isLast ? [] : await look(census, control)
    if (open.size === 0 && retained.length === 0) return
    if (isLast) throw new HoldfastError('HF_NOT_RELEASED', { left: leftWords(open, retained), ms: withinMs })
    await sleep(clock, Math.max(1, Math.min(waitMs, latest - clock.now())))
  }
}

/** What can still be reached, the controls left out. @throws HoldfastError HF_CENSUS_BLIND */
async function look(census: Census, control: Control): Promise<readonly Retained[]> {
  const { retained } = await census.take()
  const controls = retained.filter(({ kind }) => kind === CONTROL)
  const found = controls.map(({ route }) => route)
  if (!found.includes(control.name)) throw blind('an object that is held on purpose was not found')
  if (found.includes(RELEASED)) throw blind('an object that nobody holds was not collected')
  return retained.filter(({ kind }) => kind !== CONTROL)
}

function watchReleased(census: Census): void {
  const released = { name: RELEASED, self: null as object | null }
  released.self = released
  census.watch(released, { kind: CONTROL, route: RELEASED })
}

function leftWords(open: ReadonlyMap<string, number>, retained: readonly Retained[]): string {
  const words = [...open].map(([route, count]) => `${counted(count, 'connection')} of route ${route} still open`)
  for (const { kind, route, count } of retained) {
    words.push(
      kind === 'object'
        ? `${count} × "${route}" can still be reached`
        : `${counted(count, kind)} of route ${route}, over, can still be reached`,
    )
  }
  return words.join('; ')
}

/** With these the waiting would never end. Those of Jest and Vitest carry their clock. */
function refuseFakeTimers(): void {
  if (Object.hasOwn(globalThis.setTimeout, 'clock')) throw blind('the timers are fake')
}

function blind(why: string): HoldfastError {
  return new HoldfastError('HF_CENSUS_BLIND', { why })
}

/** Keeps the process alive meanwhile: a test runner may have nothing else that does. */
async function sleep(clock: Clock, ms: number): Promise<void> {
  const hold = clock.hold()
  await new Promise<void>((resolve) => {
    clock.after(ms, resolve)
  })
  hold.cancel()
}
