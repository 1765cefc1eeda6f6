/**
 * The beginning of a drain, in its order: not ready, HTTP says goodbye, no more upgrades, then the connections.
 * A function; what it starts is the `Drain`.
 */
import type { Clock } from '../base/clock.ts'
import type { Attachment } from './attachment.ts'
import { Drain } from './drain.ts'
import type { DrainSettings } from './drain-options.ts'
import type { ServerContext } from './server-context.ts'

export interface DrainSurroundings {
  readonly clock: Clock
  readonly random: () => number
}

export function startDrain(
  context: ServerContext,
  attachments: readonly Attachment[],
  settings: DrainSettings,
  { clock, random }: DrainSurroundings,
): Drain {
  const { hub, ledger, events } = context
  const total = hub.size
  const drain = new Drain({
    ...{ hub, ledger, clock, random, settings },
    drainOnEnd(report) {
      if (events.wanted('drain')) events.emit('drain', { total, report })
    },
  })
  // First the flags: what follows runs user code, which may ask whether we are ready, or call drain() again.
  context.closing = true
  context.drain = drain
  for (const attachment of attachments) attachment.sayGoodbye()
  if (events.wanted('drain')) events.emit('drain', { total, report: null })
  // Who waits to be let in need not wait to be told no. Those that are answered already do not mind.
  for (const opening of [...context.openings.keys()]) opening.refuse(context.closingFault)
  drain.begin()
  return drain
}
