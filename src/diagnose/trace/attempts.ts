/**
 * Calls into code that is not ours and must break nothing: what it throws is told once, and what it should have done is left out.
 * Owned by what traces a server; keeps one bit.
 */
import { HoldfastError, messageOf } from '../../base/errors.ts'

export class Attempts {
  readonly #report: (error: HoldfastError) => void
  #failed = false

  constructor(report: (error: HoldfastError) => void) {
    this.#report = report
  }

  /** What `fn` returns; null when it throws. */
  attempt<Result>(fn: () => Result): Result | null {
    try {
      return fn()
    } catch (thrown) {
      this.failed(thrown)
      return null
    }
  }

  failed(cause: unknown): void {
    if (this.#failed) return
    this.#failed = true
    this.#report(new HoldfastError('HF_TRACE_FAILED', { message: messageOf(cause) }, { cause }))
  }
}
