/**
 * One worker is replaced by a new one: start it, wait until it is ready, give it the listener, let the old one move its
 * connections and drain the rest, let it go.
 *
 * Until the new one serves, nothing has changed for anybody. If it dies later, the old one goes on with what it has. A
 * function; ends when one of the two is gone, at the latest at the deadlines of what it waits for.
 */
import { messageOf } from '../base/errors.ts'
import { destroySocket } from '../connection/socket.ts'
import type { DrainReport } from '../server/drain-report.ts'
import type { Order } from './control.ts'
import type { ForkedWorker } from './forked-worker.ts'
import type { Generation } from './generation.ts'
import { openLane } from './lane-opening.ts'
import type { MoveReport } from './move-report.ts'
import type { SlotReport } from './reload-report.ts'
import type { RolloutContext } from './rollout-context.ts'
import type { Slot } from './slot.ts'

/** Far more than all connections of a process take. */
const MOVE_MS_MAX = 10 * 60_000
/** A process whose sockets are closed has ended by then. */
const END_MS = 3_000
/** Clients that are drained may come back at once: there are others to take them. */
const DRAIN = { kind: 'drain', listening: false, retryAfterMs: [0, 1_000], autopsy: false } as const satisfies Order

export interface HandoverContext extends RolloutContext {
  handoverOnPhase(phase: 'starting' | 'moving' | 'draining'): void
  /** Gives the worker the listening handle. */
  listen(worker: ForkedWorker): void
  /** Are workers looked at when they are empty? */
  readonly autopsies: boolean
}

/** Rejects when the new worker did not take over; whatever it had not taken over is where it was. */
export async function handOver(slot: Slot, generation: Generation, context: HandoverContext): Promise<SlotReport> {
  slot.hold()
  const found = slot.worker
  // One that has not served has nothing to move.
  const old = found !== null && hasServed(found) ? found : null
  context.handoverOnPhase('starting')
  const next = await startNext(slot, old, generation, context)
  if (old === null) found?.order(DRAIN)
  let move: MoveReport | null = null
  let drain: DrainReport | null = null
  let problem = ''
  if (old !== null && old.state !== 'gone') {
    try {
      context.handoverOnPhase('moving')
      move = await moved(old, next.pid, context)
      if (await hasFailed(old, next, move, context)) await stay(slot, old, next, context)
      context.handoverOnPhase('draining')
      drain = await Promise.race([drained(old, context), died(next)])
    } catch (thrown) {
      if (next.state === 'gone') throw thrown
      // It is the old one that died; what it had not moved has died with it.
      problem = messageOf(thrown)
    }
  }
  if (next.state === 'gone') return died(next)
  slot.taken(next)
  return { slot: slot.number, oldPid: old?.pid ?? null, newPid: next.pid, move, drain, problem }
}

function hasServed({ state }: ForkedWorker): boolean {
  return state !== 'starting' && state !== 'ready'
}

async function startNext(
  slot: Slot,
  old: ForkedWorker | null,
  generation: Generation,
  context: HandoverContext,
): Promise<ForkedWorker> {
  const lane = old === null ? null : await openLane(old, context.socketPath(`lane-${slot.number}`), context.clock)
  let next: ForkedWorker
  try {
    next = context.fork(slot.number, generation, old === null || lane === null ? null : { pid: old.pid, lane })
    slot.next = next
  } finally {
    if (lane !== null) destroySocket(lane)
  }
  try {
    await context.serving(next)
    return next
  } catch (thrown) {
    // If the old one has died meanwhile, its version is what there is.
    if (old !== null) slot.refill(old.generation)
    throw thrown
  }
}

async function moved(old: ForkedWorker, newPid: number, { options }: HandoverContext): Promise<MoveReport> {
  const heard = old.hears('moved', options.busyMoveMs + MOVE_MS_MAX, 'the old worker to have moved its connections')
  old.order({ kind: 'move', newPid, busyMs: options.busyMoveMs })
  const { report } = await heard
  return report
}

/** Has the new one died, or is it leaving, although it was to take over? */
async function hasFailed(
  old: ForkedWorker,
  next: ForkedWorker,
  { stopped }: MoveReport,
  { clock }: HandoverContext,
): Promise<boolean> {
  // The old worker hears of it by the lane, and says so before the system has said that the process has ended.
  if (stopped !== null && !old.leaving) {
    let end = (): void => {}
    const late = new Promise<void>((resolve) => {
      const timer = clock.after(END_MS, resolve)
      end = () => timer.cancel()
    })
    await Promise.race([next.gone, late])
    end()
  }
  return next.state === 'gone' || next.leaving
}

/** The new one has died: the old one takes new connections again. */
async function stay(slot: Slot, old: ForkedWorker, next: ForkedWorker, context: HandoverContext): Promise<never> {
  if (old.state !== 'gone') context.listen(old)
  await next.gone
  if (old.state === 'gone') slot.refill(old.generation)
  return died(next)
}

/** Rejects when it has. */
async function died(next: ForkedWorker): Promise<never> {
  const { reason } = await next.gone
  throw new Error(`the new worker died: ${reason}`)
}

/** Whether it exits then, or is looked at first, is not waited for. */
async function drained(old: ForkedWorker, { autopsies }: HandoverContext): Promise<DrainReport | null> {
  let report: DrainReport | null = null
  old.hears('drained', MOVE_MS_MAX, 'the old worker to have drained').then(
    (word) => {
      report = word.report
    },
    () => {},
  )
  const empty = old.hears('empty', MOVE_MS_MAX, 'the old worker to be empty').then(
    () => null,
    () => old.gone,
  )
  old.order({ ...DRAIN, autopsy: autopsies })
  const exit = await Promise.race([empty, old.gone])
  if (exit !== null && report === null && exit.code !== 0) throw new Error(`the old worker died: ${exit.reason}`)
  return report
}
