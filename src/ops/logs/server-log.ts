/**
 * The events of one server, written to a log. It listens only to what the log wants at its level, so what is not written costs nothing; no
 * event comes for a message that is handled in order.
 *
 * Owned by whoever made it; ends with `end()`, and listens to nothing any more. Keeps no connection and no request.
 */
import type { HoldfastError } from '../../base/errors.ts'
import type { Connection } from '../../connection/connection.ts'
import type { ConnectionFacts } from '../../connection/facts.ts'
import { entriesOf } from '../../connection/timeline.ts'
import { diagnose } from '../../diagnose/timeline/diagnosis.ts'
import { spanContextOf } from '../../diagnose/trace/traceparent.ts'
import type { EndObserver, ServerInternals } from '../../server/internals.ts'
import type { Server } from '../../server/server.ts'
import { errorWords } from './error-words.ts'
import type { Log } from './log.ts'
import { type AnyEntry, highestLevel, type LogEntry } from './log-entry.ts'
import type { Fields } from './log-fields.ts'
import { type LoggedEvents, SERVER_LOG_TABLE } from './server-log-table.ts'

export interface ServerLogSource {
  readonly internals: Pick<ServerInternals, 'connection' | 'observeEnds' | 'routeOf'>
  readonly on: Server['on']
}

/** Of a payload, what says where it happened. */
interface Place {
  readonly connection?: Connection
  readonly route?: string
  readonly path?: string
  readonly traceparent?: string
}

export class ServerLog implements EndObserver {
  readonly #source: ServerLogSource
  readonly #log: Log
  readonly #errorMessages: boolean
  readonly #ends: (() => void)[] = []

  constructor(source: ServerLogSource, log: Log, errorMessages: boolean) {
    this.#source = source
    this.#log = log
    this.#errorMessages = errorMessages
    const { on, internals } = source
    const { close, moved, error, overdue, ...others } = SERVER_LOG_TABLE
    if (this.#wants(close) || this.#wants(moved)) this.#ends.push(internals.observeEnds(this))
    if (this.#wants(error)) this.#ends.push(on('error', (payload) => this.#failed('error', payload)))
    if (this.#wants(overdue)) this.#ends.push(on('overdue', (payload) => this.#failed('overdue', payload)))
    for (const [name, entry] of Object.entries(others) as [keyof typeof others, LogEntry<Place>][]) {
      if (!this.#wants(entry)) continue
      this.#ends.push(on(name, (payload) => log.write(name, entry, payload as Place, this.#placeOf)))
    }
  }

  connectionOnEnded(facts: ConnectionFacts): void {
    const place = (): Fields => ({
      ...{ 'holdfast.connection.id': facts.id, 'holdfast.route': facts.route },
      ...traceOf(facts.traceparent),
    })
    const { close, moved } = SERVER_LOG_TABLE
    if (facts.state !== 'moved') {
      this.#log.write('close', close, { ...facts, diagnosis: diagnose(facts) }, place)
      return
    }
    const answered = entriesOf(facts.timeline).at(-1)?.detail !== 'unanswered'
    this.#log.write('moved', moved, { ...facts, diagnosis: diagnose(facts), answered }, place)
  }

  end(): void {
    for (const end of this.#ends) end()
    this.#ends.length = 0
  }

  #wants(entry: AnyEntry): boolean {
    return this.#log.enabled(highestLevel(entry))
  }

  #failed(name: 'error' | 'overdue', payload: Place & { readonly error: HoldfastError }): void {
    const words = errorWords(payload.error, this.#errorMessages)
    const entry: LogEntry<LoggedEvents['error'] & Place> = SERVER_LOG_TABLE[name]
    const { connection, route } = payload
    const place = { ...(connection && { connection }), ...(route !== undefined && { route }) }
    this.#log.write(name, entry, { words, ...place }, this.#placeOf)
  }

  readonly #placeOf = ({ connection, route, path, traceparent }: Place): Fields => {
    const { internals } = this.#source
    const found = route ?? (path === undefined ? null : internals.routeOf(path))
    const fields: Fields = found === null ? {} : { 'holdfast.route': found }
    if (connection === undefined) return { ...fields, ...traceOf(traceparent ?? null) }
    const ofIts = internals.connection(connection.id)?.traceparent ?? null
    return { 'holdfast.connection.id': connection.id, ...fields, ...traceOf(ofIts) }
  }
}

function traceOf(traceparent: string | null): Fields {
  const span = spanContextOf(traceparent)
  return span === null ? {} : { 'trace.id': span.traceId, 'span.id': span.spanId }
}
