/** Counting and announcing messages that were not sent to a slow reader. A function over a `Life`; nothing to end. */
import type { DropReason } from './connection-context.ts'
import type { Life } from './life.ts'
import { note } from './timeline.ts'

/** @param bytes of the message; 0 when it was several */
export function noteDrop(life: Life, reason: DropReason, bytes: number, messages = 1): void {
  const { events, ledger } = life.context
  const route = life.route.path
  note(life, 'dropped', reason)
  ledger.messageDropped(route, reason, messages)
  if (events.wanted('drop')) events.emit('drop', { connection: life.connection, route, reason, bytes, messages })
}
