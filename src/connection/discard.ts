/**
 * Messages that had come and are not going to be handled: counted and announced. A function; nothing to end.
 */
import type { Life } from './life.ts'

export function discard(life: Life, messages: number): void {
  if (messages === 0) return
  const { context, connection, route } = life
  context.ledger.messagesDiscarded += messages
  if (context.events.wanted('discard')) context.events.emit('discard', { connection, route: route.path, messages })
}
