/** What can be done from the page, and what each costs. */

import type { Collected, Look } from '../../src/ops/live/wire.ts'
import { bytes, count, counted, duration } from '../format.ts'
import { debugPath, getBytes, postJson, postLines } from '../live/ask.ts'
import { serversOf } from '../live/totals.ts'

export type ActionName = 'drain' | 'reload' | 'collect' | 'profile'

export interface Action {
  readonly name: ActionName
  /** On the button. */
  readonly button: string
  /** In the dialog that asks again. */
  readonly question: string
  /** On the button that does it. */
  readonly confirm: string
  /** It cannot be undone. */
  readonly isGrave: boolean
  /** Is it asked of one process? Then of which has to be said. */
  readonly ofOne: boolean
  /** What it costs, in sentences. */
  cost(look: Look, slot: number | null): readonly string[]
  /** Does it; resolves with what came of it, in a sentence. */
  run(slot: number | null): Promise<string>
}

const PROFILE_SECONDS = 10
const DOWNLOAD_MS = 60_000
const GONE = 'The server has gone before it said that it was done.'

/** The last that `/drain` says: of a server by itself a report or an error, of a supervisor how it ended. */
interface DrainLine {
  readonly report?: { readonly total: number }
  readonly ended?: { readonly failed: boolean; readonly reason: string }
  readonly error?: { readonly message: string }
}

/** The last that `/reload` says. */
interface ReloadLine {
  readonly report?: { readonly moved: number; readonly drained: { readonly total: number } }
  readonly error?: { readonly message: string }
}

const DRAIN: Action = {
  ...{
    name: 'drain',
    button: 'Drain',
    question: 'Drain the server?',
    confirm: 'Drain now',
    isGrave: true,
    ofOne: false,
  },
  cost: ({ point, supervisor }) => [
    `${counted(point.open, 'connection')} will be ended one after the other, with 1012 and when to come back; who comes meanwhile gets 503.`,
    supervisor === null
      ? 'This server lets nobody in any more afterwards: only a new process does.'
      : 'All workers end, then the supervisor, and with it this page. To put a new version in place, reload instead.',
  ],
  async run() {
    const last = await postLines<DrainLine>('/drain')
    if (last?.error) return `The drain failed: ${last.error.message}`
    if (last?.ended?.failed) return `The drain failed: ${last.ended.reason}`
    if (last?.report) return `Drained: ${counted(last.report.total, 'connection')}.`
    return last?.ended ? 'Drained.' : GONE
  },
}

const RELOAD: Action = {
  ...{
    name: 'reload',
    button: 'Reload',
    question: 'Reload all workers?',
    confirm: 'Reload now',
    isGrave: false,
    ofOne: false,
  },
  cost: ({ point, supervisor }) => [
    `${counted(supervisor?.workers.length ?? 0, 'worker')} will be replaced, one after the other, by the version that is in the file now. ${counted(point.open, 'connection')} move: clients do not notice.`,
    'Connections that cannot move are drained. While it goes on there is one process more.',
  ],
  async run() {
    const last = await postLines<ReloadLine>('/reload')
    if (last?.error) return `The reload failed: ${last.error.message}`
    if (!last?.report) return GONE
    const { moved, drained } = last.report
    const others = drained.total === 0 ? '' : `, ${counted(drained.total, 'other')} drained`
    return `Reloaded: ${counted(moved, 'connection')} moved${others}.`
  },
}

const COLLECT: Action = {
  ...{
    name: 'collect',
    button: 'Collect garbage',
    question: 'Collect garbage?',
    confirm: 'Collect now',
    isGrave: false,
    ofOne: true,
  },
  cost: (look, slot) => {
    const ms = serversOf(look).find((one) => one.slot === slot)?.value.census.estimateMs ?? 0
    return [
      `The process stands still twice, for about ${duration(ms)} each time. Nobody is answered meanwhile.`,
      'Afterwards a census says what is over and still reachable.',
    ]
  },
  async run(slot) {
    const found = await postJson<Collected>(debugPath(slot, 'collect'))
    const heap = `the heap went from ${bytes(found.heapUsedBeforeBytes)} to ${bytes(found.heapUsedAfterBytes)}`
    const rss = `RSS from ${bytes(found.rssBeforeBytes)} to ${bytes(found.rssAfterBytes)}`
    return `Collected in ${duration(found.pausesMs)}: ${heap}, ${rss}; ${count(found.retained)} retained.`
  },
}

const PROFILE: Action = {
  ...{
    name: 'profile',
    button: 'CPU profile',
    question: 'Take a CPU profile?',
    confirm: 'Take it',
    isGrave: false,
    ofOne: true,
  },
  cost: () => [
    `For ${PROFILE_SECONDS} seconds the thread is interrupted 100 times a second; beginning and ending are pauses that grow with the amount of code.`,
    'The file is for `go tool pprof`, or anything that reads pprof.',
  ],
  async run(slot) {
    const file = await getBytes(debugPath(slot, `pprof/profile?seconds=${PROFILE_SECONDS}`))
    const link = document.createElement('a')
    link.href = URL.createObjectURL(file)
    link.download = `holdfast${slot === null ? '' : `-worker-${slot}`}.pprof`
    link.click()
    // Not at once: some browsers read it later.
    setTimeout(() => URL.revokeObjectURL(link.href), DOWNLOAD_MS)
    return `The profile is in your downloads, as ${link.download}.`
  },
}

/** Those there are. A reload is for a supervisor: a server in its own process is replaced by whoever started it. */
export function actionsOf(mode: 'server' | 'supervisor' | null): readonly Action[] {
  if (mode === null) return []
  return mode === 'supervisor' ? [RELOAD, DRAIN, COLLECT, PROFILE] : [DRAIN, COLLECT, PROFILE]
}
