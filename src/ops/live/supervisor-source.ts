/**
 * What the console shows of `holdfast run`: what the supervisor knows, and what each worker says when it is asked, all at once.
 *
 * A worker that does not answer in time is shown as such, and holds up nobody: each question has a deadline. Holds nothing in between.
 */
import type { Clock } from '../../base/clock.ts'
import { messageOf } from '../../base/errors.ts'
import { HANDLER_SECONDS } from '../../connection/traffic.ts'
import type { RolloutStatus } from '../../rollout/rollout-status.ts'
import type { Supervisor } from '../../rollout/supervisor.ts'
import { askWorker } from '../ask-worker.ts'
import { isBucketSample, type MetricFigures } from '../metrics/figures.ts'
import { versionOf } from '../package-version.ts'
import type { LiveSource } from './live-channel.ts'
import { LOOK_PATH, type LookAnswer } from './look-route.ts'
import { addRows, pointOf } from './point.ts'
import type { EndingsLook, Point, ProcessAnswer } from './wire.ts'

/** A process that is later than this is stuck, and that is what there is to show. */
const ANSWER_MS = 1_500
/** One that is looked at after its handoff stands still for long, and has nothing to show. */
const BESIDE_MS = 500

/** @param gone what workers that have gone had counted */
export function supervisorSource(supervisor: Supervisor, clock: Clock, gone: () => MetricFigures): LiveSource {
  const version = versionOf()
  // Bounded by the workers: made anew with each look.
  let readAt = new Map<number, number>()
  return {
    async hello() {
      const answers = await askAll<LookAnswer>(supervisor, clock, `${LOOK_PATH}?hour=1`)
      // One that has just begun has none.
      const hours = answers.flatMap(({ answer }) => (answer?.lastHour?.length ? [answer.lastHour] : []))
      return {
        mode: 'supervisor',
        holdfast: version,
        node: process.version,
        handlerSeconds: HANDLER_SECONDS,
        lastHour: addRows(hours),
      }
    },
    async look() {
      const beganAt = clock.now()
      // Before they are asked: one that goes meanwhile must not be counted twice.
      const departed = departedOf(gone())
      const answers = await askAll<LookAnswer>(supervisor, clock, LOOK_PATH)
      // One beside the one that serves has nothing to answer for.
      const shown = answers.filter(({ serves, answer }) => serves || answer !== null)
      const processes = shown.map(
        ({ slot, answer, problem }): ProcessAnswer => ({ slot, look: answer?.look ?? null, problem }),
      )
      const looks = processes.flatMap(({ look }) => look ?? [])
      const reads = new Map(looks.map(({ pid, memory }) => [pid, memory.reading?.at ?? 0]))
      const fresh = [...reads].some(([pid, at]) => readAt.get(pid) !== at)
      readAt = reads
      const isWhole = answers.every(({ answer }) => answer !== null)
      const status = supervisor.status()
      const point = pointOf(clock.wallNow(), looks, status.totals, fresh)
      return {
        ...{ kind: 'look', point: isWhole ? point : withSilent(point, status), processes },
        supervisor: { ...status, progress: supervisor.progress, departed },
        tookMs: Math.round(clock.now() - beganAt),
      }
    },
  }
}

/** Of workers that did not answer, what they have told their supervisor last: otherwise it would look as if their connections had gone. */
function withSilent(point: Point, { connections, workers }: RolloutStatus): Point {
  const { open, draining, closing, moving, rssBytes, heapUsedBytes } = point
  const told = (name: 'rssBytes' | 'heapUsedBytes'): number => workers.reduce((sum, one) => sum + one[name], 0)
  return {
    ...point,
    open: open + Math.max(0, connections - open - draining - closing - moving),
    ...{
      rssBytes: Math.max(rssBytes, told('rssBytes')),
      heapUsedBytes: Math.max(heapUsedBytes, told('heapUsedBytes')),
    },
  }
}

function departedOf(gone: MetricFigures): EndingsLook {
  const closed = gone.holdfast_connections_closed_total ?? []
  const refused = gone.holdfast_upgrades_refused_total ?? []
  return {
    ...{ endingsBy: countsBy('by', closed), endingsByCode: countsBy('code', closed) },
    refusedByReason: countsBy('reason', refused),
  }
}

function countsBy(label: string, samples: NonNullable<MetricFigures[keyof MetricFigures]>): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const sample of samples) {
    const name = sample.labels[label]
    if (name !== undefined && !isBucketSample(sample)) counts[name] = (counts[name] ?? 0) + sample.value
  }
  return counts
}

interface Answered<Value> {
  readonly slot: number
  readonly serves: boolean
  readonly answer: Value | null
  readonly problem: string | null
}

/** All there are. Those on their way in or out of a slot have less time. */
async function askAll<Value>(supervisor: Supervisor, clock: Clock, path: string): Promise<Answered<Value>[]> {
  const asked = supervisor.places().map(async ({ slot, serves, adminPath }) => {
    if (adminPath === null) return []
    const answered = await askOne<Value>(slot, adminPath, clock, path, serves ? ANSWER_MS : BESIDE_MS)
    return [{ ...answered, serves }]
  })
  return (await Promise.all(asked)).flat()
}

async function askOne<Value>(
  slot: number,
  socket: string,
  clock: Clock,
  target: string,
  withinMs: number,
): Promise<Omit<Answered<Value>, 'serves'>> {
  const late = new AbortController()
  const timer = clock.after(withinMs, () => late.abort(new Error(`it has not answered for ${withinMs / 1_000} s`)))
  try {
    const { status, body } = await askWorker(socket, { method: 'GET', target, body: '', signal: late.signal })
    if (status !== 200) return { slot, answer: null, problem: `it answered with ${status}` }
    return { slot, answer: JSON.parse(body.toString('utf8')) as Value, problem: null }
  } catch (thrown) {
    return { slot, answer: null, problem: messageOf(late.signal.aborted ? late.signal.reason : thrown) }
  } finally {
    timer.cancel()
  }
}
