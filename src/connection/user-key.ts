/**
 * Whose connection it is: asks the handler `user` of its route, once, before `open`. A function over a `Life`; nothing to
 * end: the hub forgets the key when the connection begins to end.
 */
import { wrongArgument } from '../base/options.ts'
import { refusePromise } from '../base/thenable.ts'
import type { Life } from './life.ts'

/** Throws what the handler throws, and for an answer that is neither a string nor nothing. The empty string is nobody. */
export function askUser(life: Life): void {
  const { route, connection, context } = life
  const key: unknown = route.handlers.user?.(connection)
  refusePromise(key)
  if (key === undefined || key === null || key === '') return
  if (typeof key !== 'string') {
    throw wrongArgument(`route "${route.path}"`, 'what user() returned', key, 'a string, or undefined for nobody')
  }
  context.hub.nameUser(life, key)
}
