/**
 * What happens to the next message when its reader is slow: the option `slow`, the bound of the connection and the budget
 * of the process. Functions over a `Life`; nothing to end.
 */
import { HoldfastError, messageOf } from '../base/errors.ts'
import { ENDINGS } from '../protocol/ending.ts'
import type { LatestKey, WaitingMessage } from './backlog.ts'
import { noteDrop } from './drop.ts'
import type { Life } from './life.ts'
import type { Message } from './message-bytes.ts'

/** Where the next message goes: to the batch, to wait by itself, or nowhere: because the outbox, or the budget, is full. */
export type Lane = 'write' | 'keep' | 'outbox-full' | 'budget-spent'

/** What was sent in this turn is offered to the kernel when it is more than this: before, nobody knows who is slow. */
const UNOFFERED_BYTES_MAX = 64 * 1024

export function canSend(life: Life): boolean {
  const { name } = life.state
  return name === 'open' || name === 'draining'
}

/**
 * Is more waiting than may wait? What the kernel has not been offered yet does not count against the reader: it is
 * offered first. The message itself goes whatever its size, so what waits is at most the bound and one message.
 */
export function laneFor(life: Life, bytes: number): Lane {
  const { outbox, options } = life
  const { slow } = options
  const budget = life.context.outboxBudget
  const most = Math.min(options.outboxBytesMax, budget.left)
  const fits = outbox.bytes + bytes <= (outbox.blocked ? most : Math.min(most, UNOFFERED_BYTES_MAX))
  if (slow !== 'end' && slow !== 'drop-newest') {
    if (outbox.queues) return 'keep'
    if (fits) return 'write'
    outbox.flush()
    return outbox.queues ? 'keep' : 'write'
  }
  if (!fits) {
    outbox.flush()
    if (outbox.bytes > options.outboxBytesMax) return 'outbox-full'
  }
  if (!outbox.blocked) return 'write'
  // What it has been promised cannot be taken back, so it gets no more than it leaves for others like it.
  if (slow === 'drop-newest' && outbox.bytes + bytes > budget.promisesLeft) return 'budget-spent'
  // Making room may have ended this very connection.
  return budget.hasRoom(bytes) && canSend(life) ? 'write' : 'budget-spent'
}

/** A message is not accepted. */
export function refuse(life: Life, bytes: number, lane: 'outbox-full' | 'budget-spent'): 'dropped' | 'ended' {
  if (!canSend(life)) return 'ended'
  const spent = lane === 'budget-spent'
  const dropping = life.options.slow === 'drop-newest'
  noteDrop(life, spent ? 'budget' : dropping ? 'drop-newest' : 'end', bytes)
  if (dropping) return 'dropped'
  life.end(spent ? ENDINGS.outboxBudget : ENDINGS.slowReader)
  return 'ended'
}

/** A message waits by itself; beyond the bound the oldest go. */
export function keep(
  life: Life,
  frame: Uint8Array,
  late: WaitingMessage['late'],
  key: LatestKey | undefined,
): 'queued' | 'dropped' | 'ended' {
  const { outbox, options, context } = life
  const replaced = outbox.keep({ frame, late, key })
  if (replaced !== null) noteDrop(life, 'latestBy', replaced.length)
  // In the place of an older one it may have come to the front: it is the newest, and goes last then. Once: the same bytes
  // may have been sent before.
  let mayMove = replaced !== null
  // Asked for anew each time: whoever is told of a drop may write, and what is written out leaves no backlog.
  while (outbox.backlog !== null && outbox.backlog.count > 1 && outbox.bytes > options.outboxBytesMax) {
    const oldest = outbox.backlog.shift() as WaitingMessage
    if (mayMove && oldest.frame === frame) {
      mayMove = false
      outbox.backlog.add(oldest)
    } else noteDrop(life, 'drop-oldest', oldest.frame.length)
  }
  context.outboxBudget.settle(life)
  if (!context.outboxBudget.hasRoom(0) && outbox.backlog !== null && outbox.backlog.count > 0) {
    noteDrop(life, 'budget', 0, outbox.backlog.clear())
    context.outboxBudget.settle(life)
  }
  if (!canSend(life)) return 'ended'
  return outbox.backlog === null || outbox.backlog.count === 0 ? 'dropped' : 'queued'
}

/** The key of a message, for `latestBy`. User code: when it throws, that is announced and the message has no key. */
export function keyOf(life: Life, message: Message): LatestKey | undefined {
  const { slow } = life.options
  if (typeof slow === 'string') return undefined
  try {
    const key: unknown = slow.latestBy(message)
    return typeof key === 'string' || typeof key === 'number' ? key : undefined
  } catch (cause) {
    const details = { handler: 'latestBy', route: life.route.path, message: messageOf(cause) }
    life.report(new HoldfastError('HF_HANDLER_FAILED', details, { cause }))
    return undefined
  }
}
