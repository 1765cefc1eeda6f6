/** What upgrade requests are answered with when no more are let in. Owned by the server; holds a number. */
import type { HandshakeFault } from '../protocol/handshake.ts'

/** Those refused in a drain must not come back together: each is told another of so many whole seconds. */
const RETRY_SECONDS_MAX = 5

const CLOSING: HandshakeFault = {
  status: 503,
  reason: 'the server is closing',
  kind: 'closing',
  headers: { 'Retry-After': '1' },
}

const DRAINING: readonly HandshakeFault[] = Array.from({ length: RETRY_SECONDS_MAX }, (_, index) => ({
  status: 503,
  reason: 'the server is draining',
  kind: 'draining',
  headers: { 'Retry-After': String(index + 1) },
}))

export class ClosingFaults {
  #refused = 0

  next(draining: boolean): HandshakeFault {
    return draining ? (DRAINING[this.#refused++ % DRAINING.length] as HandshakeFault) : CLOSING
  }
}
