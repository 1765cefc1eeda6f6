/**
 * Presence: who is in a room, with what the route of each shows of it to others. Made when somebody asks; nothing is kept.
 */
import { HoldfastError, messageOf } from '../base/errors.ts'
import { refusePromise } from '../base/thenable.ts'
import type { Presence } from '../connection/connection-context.ts'
import type { Life } from '../connection/life.ts'

/** Runs user code: the handler `shows`. */
export function presenceOf(lives: Iterable<Life>): Presence[] {
  const presence: Presence[] = []
  for (const life of lives) presence.push({ id: life.connection.id, user: life.user, shown: shownOf(life) })
  return presence
}

function shownOf(life: Life): unknown {
  const { connection, route } = life
  try {
    const shown = route.handlers.shows?.(connection)
    refusePromise(shown)
    return shown ?? null
  } catch (cause) {
    const details = { route: route.path, message: messageOf(cause) }
    life.report(new HoldfastError('HF_SHOWS_FAILED', details, { cause }))
    return null
  }
}
