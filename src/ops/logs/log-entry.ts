/**
 * What an entry of a log table is: an event, the level an operator would choose for it, a sentence, and its fields. Types, and how
 * the sentence is made. Tables are constants; nothing to end.
 */
import type { FieldName, Fields, FieldValue } from './log-fields.ts'

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

export interface LogEntry<Payload> {
  readonly level: LogLevel
  /** Another level for some of them. `about` stands in the reference. */
  readonly except?: { readonly level: LogLevel; readonly about: string; when(payload: Payload): boolean }
  /** Of ECS. */
  readonly category: 'network' | 'process' | 'web'
  readonly type: 'start' | 'end' | 'info' | 'change' | 'denied' | 'error' | 'connection' | 'protocol'
  readonly outcome?: 'success' | 'failure'
  /** `{name}` is filled in from the fields. */
  readonly message: string
  /** What is undefined, null or empty has no field. */
  readonly fields: { readonly [Name in FieldName]?: (payload: Payload) => FieldValue | null | undefined }
  /** Repeats are counted by event and by this: of a small set that the code decides, never a client. */
  readonly same?: FieldName
}

export type LogTable<Payloads> = { readonly [Name in keyof Payloads]: LogEntry<Payloads[Name]> }

/** An entry of whichever table. */
export type AnyEntry = LogEntry<never>

export function levelOf<Payload>({ level, except }: LogEntry<Payload>, payload: Payload): LogLevel {
  return except?.when(payload) ? except.level : level
}

/** The highest level it is ever written at. */
export function highestLevel({ level, except }: AnyEntry): LogLevel {
  return except !== undefined && rank(except.level) > rank(level) ? except.level : level
}

export function rank(level: LogLevel): number {
  return LOG_LEVELS.indexOf(level)
}

export function fieldsOf<Payload>(entry: LogEntry<Payload>, payload: Payload): Fields {
  const fields: Fields = {}
  for (const [name, read] of Object.entries(entry.fields) as [FieldName, (payload: Payload) => FieldValue | null][]) {
    const value = read(payload)
    if (value !== undefined && value !== null && value !== '') fields[name] = value
  }
  return fields
}

/** A blank whose field is not there is a dash. */
export function messageFrom(template: string, fields: Fields): string {
  return template.replace(/\{([\w.]+)\}/g, (_, name: FieldName) => String(fields[name] ?? '–'))
}
