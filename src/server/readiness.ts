/**
 * Is a server ready to take connections, and if not, why: it does not listen, it drains or closes, whoever comes next would be
 * refused by a limit, or a condition of the application does not hold.
 *
 * Made and owned by the internals of a server; looks when it is asked, and announces what has changed since it was asked last. Conditions
 * end by the function that `when` returned.
 */
import { messageOf } from '../base/errors.ts'
import type { HttpServers } from './http-servers.ts'
import type { ServerContext } from './server-context.ts'

/** A reason not to be ready. Plain data: it travels from a worker to its supervisor. */
export interface NotReady {
  readonly reason: 'starting' | 'draining' | 'closing' | 'over limit' | 'condition'
  /** In words. Nothing of any client is in it. */
  readonly detail: string
}

/** True: it holds. A text, or false: it does not, and why. */
export type ReadyCheck = () => boolean | string

type Asked = Pick<ServerContext, 'closing' | 'drain' | 'admission' | 'events' | 'wallNow'>

export class Readiness {
  readonly #context: Asked
  readonly #http: Pick<HttpServers, 'listening'>
  // Removed by: the function returned by when().
  readonly #checks = new Map<symbol, readonly [name: string, check: ReadyCheck]>()

  /** Null: it was ready, or nothing was said of it. */
  #since: number | null = null

  constructor(context: Asked, http: Pick<HttpServers, 'listening'>) {
    this.#context = context
    this.#http = http
  }

  when(name: string, check: ReadyCheck): () => void {
    const key = Symbol(name)
    this.#checks.set(key, [name, check])
    return () => {
      this.#checks.delete(key)
    }
  }

  notReady(): NotReady[] {
    const reasons = this.#reasons()
    this.#announce(reasons)
    return reasons
  }

  /** Of its start and its end other events tell, or whoever has called for them. */
  #announce(reasons: readonly NotReady[]): void {
    const { closing, events, wallNow } = this.#context
    if (closing || reasons.some(({ reason }) => reason === 'starting')) return
    if (reasons.length > 0 && this.#since === null) {
      this.#since = wallNow()
      events.emit('notReady', { reasons: reasons.map(({ reason, detail }) => `${reason}: ${detail}`) })
    } else if (reasons.length === 0 && this.#since !== null) {
      const notReadyMs = Math.max(0, wallNow() - this.#since)
      this.#since = null
      events.emit('ready', { notReadyMs })
    }
  }

  #reasons(): NotReady[] {
    const { closing, drain, admission } = this.#context
    if (closing && drain !== null) return [{ reason: 'draining', detail: 'it drains: who comes is told to come back' }]
    if (closing) return [{ reason: 'closing', detail: 'it closes' }]
    const reasons: NotReady[] = []
    if (!this.#http.listening) reasons.push({ reason: 'starting', detail: 'no HTTP server of it listens' })
    const limit = admission.over()
    if (limit !== null) reasons.push({ reason: 'over limit', detail: `who comes next is refused: ${limit}` })
    for (const [name, check] of this.#checks.values()) {
      const why = whyNot(check)
      if (why !== null) reasons.push({ reason: 'condition', detail: why === '' ? name : `${name}: ${why}` })
    }
    return reasons
  }
}

/** Null: it holds. */
function whyNot(check: ReadyCheck): string | null {
  try {
    const answer = check()
    if (answer === true) return null
    return typeof answer === 'string' ? answer : ''
  } catch (thrown) {
    return `asking threw: ${messageOf(thrown)}`
  }
}
