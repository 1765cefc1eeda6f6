/** One frame of `holdfast top`: what is to be seen, as lines for a terminal of that size. Pure. */
import { count } from '../diagnose/soak/figures.ts'
import { type Column, cut, paint, type Tone, table } from './columns.ts'
import { COUNTERS, type Counters, type Glance, type ProcessGlance } from './glance.ts'
import { ago, connectionsIn, mebibytes } from './in-words.ts'
import { barOf } from './progress-bar.ts'

export interface FrameLook {
  readonly columns: number
  /** Null: as many lines as there are. */
  readonly rows: number | null
  readonly colour: boolean
}

/** One look at a service, with what came before it. */
export interface TopView {
  readonly glance: Glance
  /** Per second; null after the first glance. */
  readonly rates: Counters | null
  /** The most connections since it drains; 0 while it does not. */
  readonly drainTotal: number
}

/** Between these two a figure is worth a second look, beyond the second it is bad. */
const HEAP_SHARES = [0.7, 0.85] as const
const LOOP_MS = [50, 200] as const
const RETAINED_SHOWN = 3

/** @param before an older glance @param seconds between the two */
export function ratesOf(before: Glance, glance: Glance, seconds: number): Counters {
  const rate = (name: keyof Counters): number =>
    // A service that was started anew counts from the beginning.
    seconds <= 0 ? 0 : Math.max(0, glance.counters[name] - before.counters[name]) / seconds
  return Object.fromEntries(COUNTERS.map((name) => [name, rate(name)])) as Counters
}

export function frameOf(view: TopView, look: FrameLook): string[] {
  const { columns, rows, colour } = look
  const { glance } = view
  const tell = (text: string, tone: Tone = 'plain'): string => paint(cut(text, columns), tone, colour)
  const head = [
    tell(headOf(glance), glance.ready ? 'strong' : 'bad'),
    ...flow(figuresOf(view), columns),
    ...progressOf(view).map((line) => tell(line, 'warn')),
    ...glance.problems.map((line) => tell(`! ${line}`, 'bad')),
  ]
  const processes = ['', ...table(PROCESSES, glance.processes, columns, colour)]
  const left = glance.retained
    .slice(0, RETAINED_SHOWN)
    .map(({ kind, route, count: kept, oldestMs }) =>
      tell(`retained: ${count(kept)} × ${kind} of ${route}, the oldest for ${ago(oldestMs)}`, 'warn'),
    )
  const routes = ['', ...table(ROUTES, glance.routes, columns, colour)]
  if (rows === null) return [...head, ...processes, ...left, ...routes]
  return [...head, ...fitted(processes, left, routes, Math.max(0, rows - head.length), tell)].slice(0, rows)
}

/** Where there is no room for all, workers and routes have half each, and what is left out is counted. */
function fitted(
  processes: readonly string[],
  left: readonly string[],
  routes: readonly string[],
  rows: number,
  tell: (text: string, tone?: Tone) => string,
): string[] {
  const upper = [...processes, ...left]
  if (upper.length + routes.length <= rows) return [...upper, ...routes]
  const upperRows = Math.min(upper.length, Math.max(Math.ceil(rows / 2), rows - routes.length))
  const some = (lines: readonly string[], most: number): string[] =>
    lines.length <= most || most < 1
      ? lines.slice(0, Math.max(0, most))
      : [...lines.slice(0, most - 1), tell(`… ${lines.length - most + 1} more`, 'dim')]
  return [...some(upper, upperRows), ...some(routes, rows - upperRows)]
}

function headOf({ state, at, generation, uptimeMs, version, node }: Glance): string {
  const where = at === null ? '' : ` on ${at}`
  const which = generation === null ? '' : `, version ${generation}`
  return `${state}${where}${which}, up ${ago(uptimeMs)} (holdfast ${version}, Node ${node})`
}

function figuresOf({ glance, rates }: TopView): string[] {
  const per = (name: keyof Counters): string => (rates === null ? '–' : perSecond(rates[name]))
  const bad = rates !== null && rates.refused + rates.failed > 0
  return [
    connectionsIn(count(glance.connections)),
    `arrivals ${per('accepted')}`,
    `departures ${per('closed')}`,
    ...(bad ? [`refused ${per('refused')}`, `failed ${per('failed')}`] : []),
    `messages in ${per('messagesReceived')}`,
    `out ${per('messagesSent')}`,
    ...(rates !== null && rates.messagesDropped > 0 ? [`dropped ${per('messagesDropped')}`] : []),
  ]
}

/** Parts one behind the other, in as many lines as they need. */
function flow(parts: readonly string[], columns: number): string[] {
  const lines: string[] = []
  for (const part of parts) {
    const last = lines.at(-1)
    if (last === undefined || last.length + part.length + 3 > columns) lines.push(cut(part, columns))
    else lines[lines.length - 1] = `${last}   ${part}`
  }
  return lines
}

function progressOf({ glance, drainTotal }: TopView): string[] {
  const { progress, connections } = glance
  if (drainTotal > 0) {
    const left = `${count(connections)} of ${count(drainTotal)} connections are left`
    return [`${barOf(1 - connections / drainTotal)} drain: ${left}`]
  }
  if (progress === null) return []
  const { phase, step, steps, moved, total } = progress
  const share = phase === 'done' || phase === 'draining' ? 1 : total === 0 ? 0 : moved / total
  const moves = phase === 'moving' ? `${count(moved)} of ${count(total)} moved` : PHASES[phase]
  return [`${barOf(share)} reload: worker ${step} of ${steps}: ${moves}`]
}

const PHASES = { starting: 'starting the new version', draining: 'draining the rest', done: 'done' } as const

function perSecond(rate: number): string {
  return `${rate < 10 ? (Math.round(rate * 10) / 10).toString() : count(Math.round(rate))}/s`
}

const ROUTES: readonly Column<Glance['routes'][number]>[] = [
  { head: 'route', rank: 0, cell: ({ route }) => route },
  { head: 'open', right: true, rank: 1, cell: ({ open }) => count(open) },
  { head: 'opening', right: true, rank: 4, cell: ({ opening }) => quiet(opening) },
  { head: 'draining', right: true, rank: 2, cell: ({ draining }) => quiet(draining) },
  { head: 'moving', right: true, rank: 5, cell: ({ moving }) => quiet(moving) },
  { head: 'closing', right: true, rank: 3, cell: ({ closing }) => quiet(closing) },
]

function quiet(value: number): { text: string; tone: Tone } {
  return { text: count(value), tone: value === 0 ? 'dim' : 'plain' }
}

const PROCESSES: readonly Column<ProcessGlance>[] = [
  { head: 'worker', rank: 0, cell: ({ slot }) => (slot === null ? '–' : String(slot)) },
  { head: 'pid', right: true, rank: 7, cell: ({ pid }) => String(pid) },
  { head: 'version', right: true, rank: 8, cell: ({ generation }) => (generation === null ? '–' : String(generation)) },
  { head: 'state', rank: 1, cell: ({ state }) => ({ text: state, tone: state === 'serving' ? 'good' : 'warn' }) },
  { head: 'for', right: true, rank: 9, cell: ({ stateMs }) => ago(stateMs) },
  { head: 'connections', right: true, rank: 2, cell: ({ connections }) => count(connections) },
  { head: 'memory', right: true, rank: 3, cell: ({ rssBytes }) => mebibytes(rssBytes) },
  {
    ...{ head: 'heap', right: true, rank: 4 },
    cell({ heapUsedBytes, heapLimitBytes }) {
      const share = heapLimitBytes === 0 ? 0 : heapUsedBytes / heapLimitBytes
      return { text: heapLimitBytes === 0 ? '–' : `${Math.round(share * 100)} %`, tone: toneOf(share, HEAP_SHARES) }
    },
  },
  {
    ...{ head: 'loop late', right: true, rank: 5 },
    cell: ({ loop }) => ({
      text: loop === null ? '–' : `${Math.round(loop.maxMs)} ms`,
      tone: toneOf(loop?.maxMs ?? 0, LOOP_MS),
    }),
  },
  {
    ...{ head: 'busy', right: true, rank: 6 },
    cell: ({ loop }) => (loop === null ? '–' : `${Math.round(loop.busy * 100)} %`),
  },
  {
    ...{ head: 'retained', right: true, rank: 5.5 },
    cell: ({ retained }) => ({ text: retained === null ? '–' : count(retained), tone: retained ? 'warn' : 'plain' }),
  },
]

function toneOf(value: number, [warn, bad]: readonly [number, number]): Tone {
  return value > bad ? 'bad' : value > warn ? 'warn' : 'plain'
}
