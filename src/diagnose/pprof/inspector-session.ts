/**
 * An inspector session in this very process: nothing listens anywhere, and a debugger of the application is not disturbed.
 *
 * Owned by whoever opened it, and ends with `end()`. What it has begun ends with it, so it stays open as long as that has to run.
 */
import type { Session } from 'node:inspector'

/** What the inspector has to say against a command. */
export class InspectorRefusal extends Error {}

export class InspectorSession {
  readonly #session: Session
  #ended = false

  private constructor(session: Session) {
    this.#session = session
  }

  /** Null where this Node has no inspector or may not use it. */
  static open(): InspectorSession | null {
    try {
      // Not imported: a Node built without it could not load this file.
      const inspector = process.getBuiltinModule('node:inspector')
      const session = new inspector.Session()
      session.connect()
      return new InspectorSession(session)
    } catch {
      return null
    }
  }

  /**
   * Gives a command of those that are answered before the call returns, as profilers' are in the same thread (Node 20, 24, 26).
   *
   * @throws InspectorRefusal when the answer is an error, or there is none
   */
  ask(method: string, params: object = {}): Record<string, unknown> {
    let failed: Error | null = new Error('no answer')
    let given: object | undefined
    try {
      this.#session.post(method, params, (error: Error | null, result?: object) => {
        failed = error
        given = result
      })
    } catch (thrown) {
      failed = thrown as Error
    }
    if (failed !== null) throw new InspectorRefusal(`${method}: ${failed.message}`)
    return (given ?? {}) as Record<string, unknown>
  }

  end(): void {
    if (this.#ended) return
    this.#ended = true
    // At once: what it has begun would stop what another begins until then. A session that is disconnected while it answers never
    // comes back, but each answer is over before `ask` returns.
    this.#session.disconnect()
  }
}
