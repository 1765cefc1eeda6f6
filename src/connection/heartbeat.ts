/**
 * Keepalive and idle of one connection: asks when nothing was heard for a while, ends it when nothing comes at all.
 *
 * It is the deadline of the state `open`. Data costs it nothing: the connection notes when it last heard, and the
 * heartbeat looks when it wakes. Time is awake time, so a process that was stuck judges nobody by that gap, and while we
 * do not read ourselves, the clock stands. Owned by its connection; ends when the wheel cancels it.
 */
import { Deadline } from '../base/wheel.ts'
import { ENDINGS } from '../protocol/ending.ts'
import { PING } from '../protocol/opcodes.ts'
import type { Life } from './life.ts'

const EMPTY = Buffer.alloc(0)

export class Heartbeat extends Deadline {
  readonly #life: Life

  constructor(life: Life) {
    super()
    this.#life = life
  }

  start(): void {
    const { keepaliveIntervalMs, idleTimeoutMs } = this.#life.options
    this.#life.context.wheel.arm(this, Math.min(keepaliveIntervalMs, idleTimeoutMs))
  }

  deadlineOnDue(): void {
    const life = this.#life
    const { wheel } = life.context
    const { keepaliveIntervalMs, idleTimeoutMs, tcpKeepaliveMs } = life.options
    // Four system calls that a connection which ends before its first beat need not pay. A second call costs nothing.
    if (tcpKeepaliveMs > 0) life.socket.setKeepAlive(true, tcpKeepaliveMs)
    if (life.readingPaused) life.heardAt = wheel.now
    const quietMs = wheel.now - life.heardAt
    if (quietMs >= idleTimeoutMs) {
      life.end(ENDINGS.idle)
      return
    }
    let waitMs = keepaliveIntervalMs
    if (quietMs >= keepaliveIntervalMs) life.outbox.binary(PING, EMPTY, false)
    else waitMs -= quietMs
    wheel.arm(this, Math.min(waitMs, idleTimeoutMs - quietMs))
  }
}
