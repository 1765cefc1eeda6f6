/**
 * What names the causes of a leak, at a price: the process stands still while a snapshot of it is taken. So it is asked for in two steps: what it
 * will cost, then the thing itself. One at a time. Nothing of the snapshot leaves the process but names from the code, paths, counts.
 *
 * Made for one server; holds nothing but the examination that runs, which ends when whoever asked leaves, or by its deadline.
 */

import type { Clock } from '../base/clock.ts'
import { pause } from '../diagnose/dial/waiting.ts'
import { leakProfile } from '../diagnose/doctor/leak-profile.ts'
import { examineSelf, type SelfExamination } from '../diagnose/doctor/self-examination.ts'
import { costSentence, fits, type SnapshotCost, snapshotCost } from '../diagnose/doctor/snapshot-cost.ts'
import { encodeProfile } from '../diagnose/pprof/encode.ts'
import { type AdminAnswer, answer } from './admin-answer.ts'
import { refuseElsewhere } from './admin-guard.ts'
import type { AdminRoute } from './admin-routes.ts'

export const SNAPSHOT_PATHS = {
  '/debug/snapshot': [
    'GET, POST',
    'yes',
    'GET: what a snapshot of the heap would cost now, as JSON: for how long the process would stand still, how much memory it would need, and how much there is. POST: takes one, **during which the process stands still**, examines it in a process of its own, and answers with what is over and still held, by whom, in which line, as one line of JSON (empty ones before it while it lasts). `holdfast doctor http://HOST:PORT` asks for both.',
  ],
  '/debug/pprof/leak': [
    'GET',
    'yes',
    'With `?snapshot=1`: takes a snapshot of the heap, **during which the process stands still**, and answers with what is over and still held, as a profile: the stack of a sample is the path on which it is held. Without the parameter, 409 with what it would cost.',
  ],
} as const satisfies Record<string, readonly [method: string, token: 'yes' | 'no', about: string]>

const DEADLINE_MS = 10 * 60_000
const REFUSED = { 'X-Go-Pprof': '1' }

export class SnapshotRoutes {
  readonly routes: readonly AdminRoute[]
  readonly #clock: Clock
  readonly #stop = new AbortController()
  #running = false

  constructor(clock: Clock) {
    this.#clock = clock
    this.routes = [
      { method: 'GET', path: '/debug/snapshot', handler: () => answer.json(cost()) },
      {
        ...{ method: 'POST', path: '/debug/snapshot' },
        handler: ({ signal }) => this.#refusal() ?? answer.lines(lineOf(this.#examine(signal))),
      },
      {
        ...{ method: 'GET', path: '/debug/pprof/leak' },
        handler: async (request) => {
          if (request.query.get('snapshot') !== '1') return answer.text(asked(cost()), 409, REFUSED)
          refuseElsewhere(request)
          return this.#refusal() ?? (await this.#profile(request.signal))
        },
      },
    ]
  }

  end(): void {
    this.#stop.abort(new Error('the admin port is closing'))
  }

  async #profile(signal: AbortSignal): Promise<AdminAnswer> {
    const { finding } = await this.#examine(signal)
    return answer.bytes(
      await encodeProfile(leakProfile(finding, this.#clock.wallNow()), 'holdfast'),
      'application/octet-stream',
    )
  }

  /** From the call on there is no other. */
  async #examine(signal: AbortSignal): Promise<SelfExamination> {
    this.#running = true
    try {
      // The head of the answer goes out before the process stands still.
      await pause(this.#clock, 0)
      const either = AbortSignal.any([signal, this.#stop.signal])
      return await examineSelf({ clock: this.#clock, deadlineMs: DEADLINE_MS, signal: either })
    } finally {
      this.#running = false
    }
  }

  #refusal(): AdminAnswer | null {
    if (this.#running) return answer.text('a snapshot is being examined: ask again when that is over', 409, REFUSED)
    const now = cost()
    return fits(now) ? null : answer.text(`this process would ${costSentence(now)}: there is not so much`, 507, REFUSED)
  }
}

/** Begun already: the answer may end before anybody reads it, and then nobody waits for it. */
function lineOf(examined: Promise<SelfExamination>): AsyncIterable<unknown> {
  examined.catch(() => {})
  return (async function* () {
    yield await examined
  })()
}

function cost(): SnapshotCost {
  return snapshotCost(process.memoryUsage().heapUsed)
}

function asked(now: SnapshotCost): string {
  return `with ?snapshot=1 this process will ${costSentence(now)}`
}
