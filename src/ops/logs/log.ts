/**
 * One log: what is announced becomes a line, if its level is wanted and it has not been said too often just now.
 *
 * Owned by whoever listens to the events; ends with `end()`, which says first how much was left out. It never throws into the code
 * that announced. A line is at most LINE_BYTES_MAX long, so that lines of several processes do not mix in one pipe.
 */
import type { Clock } from '../../base/clock.ts'
import { messageOf } from '../../base/errors.ts'
import { type AnyEntry, fieldsOf, type LogEntry, type LogLevel, levelOf, messageFrom, rank } from './log-entry.ts'
import { type FieldName, type Fields, type FieldType, LOG_FIELDS } from './log-fields.ts'
import type { LogTarget } from './log-options.ts'
import { Repeats } from './repeats.ts'

export interface LogInit {
  readonly target: LogTarget
  readonly clock: Clock
  readonly repeatsMax: number
  readonly repeatsWindowMs: number
}

/** What a pipe takes in one piece (PIPE_BUF). */
export const LINE_BYTES_MAX = 4_096
/** Of one value, as JSON. */
const BYTES_MAX: Readonly<Record<FieldType, number>> = {
  ...{ date: 40, keyword: 200, long: 40, boolean: 10 },
  ...{ match_only_text: 400, wildcard: 1_400 },
}

/** Half of a character, where a text was cut. */
const HALF = /[\ud800-\udbff]$/

/** Beside the tables of events: what the log says of itself. */
export const OWN_LINES = {
  'left out': {
    level: 'info',
    about: 'at the end of a window, for each kind; with the action and the level of what was left out',
    message: 'more lines like this were left out: {holdfast.left_out} ({holdfast.detail})',
    fields: ['holdfast.left_out', 'holdfast.detail'],
  },
  lost: {
    level: 'warn',
    about: 'when the stream takes lines again that had not kept up',
    message: 'lines were lost, because nobody read them: {holdfast.left_out}',
    fields: ['holdfast.left_out'],
  },
} as const satisfies Record<string, { level: LogLevel; about: string; message: string; fields: readonly FieldName[] }>

export class Log {
  readonly #target: LogTarget
  readonly #repeats: Repeats
  #failed = false

  constructor({ target, clock, repeatsMax: max, repeatsWindowMs: windowMs }: LogInit) {
    this.#target = target
    this.#repeats = new Repeats({
      ...{ clock, max, windowMs },
      repeatsOnLeftOut: (kind, level, count) => this.#own('left out', level, count, kind),
    })
  }

  enabled(level: LogLevel): boolean {
    return this.#target.isLevelEnabled?.(level) ?? true
  }

  /** @param about what else is known, asked for only when there is a line */
  write<Payload>(
    action: string,
    entry: LogEntry<Payload>,
    payload: Payload,
    about: (payload: Payload) => Fields,
  ): void {
    try {
      const level = levelOf(entry, payload)
      if (!this.enabled(level)) return
      const fields = fieldsOf(entry, payload)
      const kind = entry.same === undefined ? action : `${action} ${fields[entry.same] ?? ''}`
      // Who asks for these follows one connection, and wants all of it.
      if (rank(level) >= rank('info') && !this.#repeats.allows(kind, level)) return
      this.#line(level, entry.message, { ...eventFields(action, entry), ...about(payload), ...fields })
    } catch (thrown) {
      this.#fail(thrown)
    }
  }

  lost(lines: number): void {
    this.#own('lost', OWN_LINES.lost.level, lines, '')
  }

  end(): void {
    this.#repeats.end()
  }

  #own(name: keyof typeof OWN_LINES, level: LogLevel, count: number, kind: string): void {
    try {
      const action = kind === '' ? name : (kind.split(' ', 1)[0] ?? '')
      const fields: Fields = { 'event.action': action, 'holdfast.left_out': count }
      if (kind !== '') fields['holdfast.detail'] = kind.trimEnd()
      this.#line(level, OWN_LINES[name].message, fields)
    } catch (thrown) {
      this.#fail(thrown)
    }
  }

  #line(level: LogLevel, template: string, fields: Fields): void {
    for (const [name, value] of Object.entries(fields) as [FieldName, unknown][]) {
      if (typeof value === 'string') fields[name] = fit(value, BYTES_MAX[LOG_FIELDS[name][0]])
    }
    this.#target[level](fields, fit(messageFrom(template, fields), BYTES_MAX.match_only_text))
  }

  #fail(thrown: unknown): void {
    if (this.#failed) return
    this.#failed = true
    process.emitWarning(`a line of the log could not be written: ${messageOf(thrown)}`, 'HoldfastWarning')
  }
}

function eventFields(action: string, { category, type, outcome }: AnyEntry): Fields {
  return {
    ...{ 'event.action': action, 'event.category': [category], 'event.type': [type] },
    ...(outcome !== undefined && { 'event.outcome': outcome }),
  }
}

/** Cut so that it takes at most so many bytes as JSON. */
export function fit(text: string, bytesMax: number): string {
  if (text.length * 6 <= bytesMax || (text.length <= bytesMax && jsonBytes(text) <= bytesMax)) return text
  // Of the dots, three bytes.
  let length = Math.min(text.length, bytesMax)
  while (jsonBytes(text.slice(0, length)) > bytesMax - 3) length = Math.floor(length * 0.9)
  return `${text.slice(0, length).replace(HALF, '')}…`
}

function jsonBytes(text: string): number {
  return Buffer.byteLength(JSON.stringify(text)) - 2
}
