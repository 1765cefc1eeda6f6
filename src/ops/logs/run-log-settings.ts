/** How the log under `holdfast run` is written. Types: plain data, which travels to the workers. */
import type { LogLevel } from './log-entry.ts'

export interface RunLogSettings {
  readonly level: LogLevel
  /** Where programs print, or where people are told. */
  readonly stream: 'stdout' | 'stderr'
  readonly pretty: boolean
  readonly colors: boolean
  /** The field `service.name`. */
  readonly service: string | null
  /** False: what the app says in its errors is left out. */
  readonly errorMessages: boolean
}
