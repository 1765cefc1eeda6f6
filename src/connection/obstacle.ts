/** Why a connection cannot move to another process. Functions over a `Life`; nothing to end. */
import type { Life } from './life.ts'
import { whyNotPlain } from './plain-data.ts'
import { rawHandleOf } from './raw-handle.ts'
import { isServed } from './state.ts'

/** Why a connection cannot move. docs/LIFECYCLE.md lists them. */
export const OBSTACLES = {
  state: 'it is not open, or is leaving already',
  tls: 'its socket is encrypted, and the keys cannot leave this process',
  transport: 'its socket is not a TCP socket of this process',
  data: '`data` is not plain data, and its route has no `handoff`',
  scope: 'its scope holds something, and its route has no `hold` to put it there again',
} as const satisfies Record<string, string>

export type MoveObstacle = keyof typeof OBSTACLES

export function obstacleOf(life: Life): MoveObstacle | null {
  if (!isServed(life.state)) return 'state'
  if ('encrypted' in life.socket) return 'tls'
  if (rawHandleOf(life.socket) === null) return 'transport'
  if (life.route.handlers.handoff === undefined && whyNotPlain(life.data) !== null) return 'data'
  return isScopeLost(life) ? 'scope' : null
}

/** Does its scope hold something that nobody would put into the scope it gets elsewhere? Tasks are waited for. */
export function isScopeLost(life: Life): boolean {
  if (life.route.handlers.hold !== undefined || life.usedScope === null) return false
  return life.usedScope.held().some(({ kind }) => kind !== 'task')
}

/** What a connection that could move is busy with. `reader`: its client has not taken what the socket was given. */
export type MoveWait = 'handler' | 'reader' | 'tasks'

export function waitOf(life: Life): MoveWait | null {
  if (!life.inbox.idle) return 'handler'
  if (life.socket.writableLength > 0) return 'reader'
  return (life.usedScope?.tasks ?? 0) > 0 ? 'tasks' : null
}
