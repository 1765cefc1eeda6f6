/**
 * A refusal: what `reject()` makes and an upgrade throws to answer with a status instead of 101. Plain data.
 */
import { HoldfastError } from '../base/errors.ts'
import { refusalHead } from '../protocol/handshake.ts'

export class Refusal extends Error {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  override readonly name = 'Refusal'

  constructor(status: number, reason: string, headers: Readonly<Record<string, string>>) {
    super(reason)
    this.status = status
    this.headers = headers
    void this.stack
  }
}

/**
 * Refuses an upgrade: `throw reject(401, 'sign in first')` in a middleware or in `upgrade`.
 *
 * Browsers hide status and body from the page; other clients see both.
 *
 * @param status HTTP status from 300 to 599
 * @param reason becomes the body of the answer; do not put secrets in it
 * @param headers sent along, for example `{ 'Retry-After': '5' }`
 * @throws HoldfastError HF_REJECT_STATUS, HF_HEADER_INVALID
 */
export function reject(status: number, reason = '', headers: Readonly<Record<string, string>> = {}): Refusal {
  if (!Number.isInteger(status) || status < 300 || status > 599) {
    throw new HoldfastError('HF_REJECT_STATUS', { status: String(status) })
  }
  // Checked here, where the mistake is made and can be announced, not when the answer is written.
  refusalHead(status, reason, headers)
  return new Refusal(status, reason, { ...headers })
}

/** Is it what `reject()` makes? Never throws, whatever it is given. */
export function isRefusal(value: unknown): value is Refusal {
  try {
    return value instanceof Refusal
  } catch {
    return false
  }
}
