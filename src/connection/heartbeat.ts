/**
 * Keepalive and idle: asks when nothing was heard for a while, ends the connection when nothing comes at all.
 *
 * It is what the deadline of a connection means in the state `open`. Data costs it nothing: the connection notes when it
 * last heard, and the heartbeat looks when it wakes. Time is awake time, so a process that was stuck judges nobody by that
 * gap, and while we do not read ourselves, the clock stands. Ends when the state is left.
 */
import { ENDINGS } from '../protocol/ending.ts'
import type { Life } from './life.ts'
import { sendPing } from './sending.ts'
import { pinged } from './timeline.ts'

const EMPTY = Buffer.alloc(0)

/** Begins to beat: the connection has just become open. */
export function startHeartbeat(life: Life): void {
  const { keepaliveIntervalMs, idleTimeoutMs } = life.options
  life.context.wheel.arm(life.deadline, Math.min(keepaliveIntervalMs, idleTimeoutMs / 2))
}

/** The deadline of an open connection is due. */
export function beat(life: Life): void {
  const { wheel } = life.context
  const { idleTimeoutMs, tcpKeepaliveMs } = life.options
  // Whatever the options say, a quiet client is asked before it is given up.
  const keepaliveIntervalMs = Math.min(life.options.keepaliveIntervalMs, idleTimeoutMs / 2)
  // Four system calls that a connection which ends before its first beat need not pay. A second call costs nothing.
  if (tcpKeepaliveMs > 0) life.socket.setKeepAlive?.(true, tcpKeepaliveMs)
  if (life.readingPaused) life.heardAt = wheel.now
  const quietMs = wheel.now - life.heardAt
  if (quietMs >= idleTimeoutMs) {
    life.end(ENDINGS.idle)
    return
  }
  let waitMs = keepaliveIntervalMs
  if (quietMs >= keepaliveIntervalMs) {
    if (sendPing(life, EMPTY) !== 'dropped') pinged(life)
  } else waitMs -= quietMs
  wheel.arm(life.deadline, Math.min(waitMs, idleTimeoutMs - quietMs))
}
