/** The options of `logs()`. Constants; `docs/reference/logs.md` is generated from this table. */
import { z } from 'zod'
import { booleanOption, integerOption, type Options, option } from '../../base/options.ts'
import { LOG_LEVELS } from './log-entry.ts'

const WRITABLE = z.custom<LogSink>((value) => typeof (value as LogSink | null)?.write === 'function')
const LOGGER = z.custom<LogTarget>((value) =>
  LOG_LEVELS.every((level) => typeof (value as Record<string, unknown> | null)?.[level] === 'function'),
)

/** Where lines go: a stream, or anything else that can be written to. */
export interface LogSink {
  /** @param passed of a stream, told when it has passed the line on, or could not */
  write(line: string, passed?: (error?: unknown) => void): unknown
  /** Bytes it has not passed on. What has it is a stream. */
  readonly writableLength?: number
  readonly destroyed?: boolean
  readonly isTTY?: boolean
  on?(event: 'error', listener: (error: unknown) => void): unknown
  off?(event: 'error', listener: (error: unknown) => void): unknown
}

/** Of a pino logger, what is called. */
export type LogTarget = {
  readonly [Level in (typeof LOG_LEVELS)[number]]: (fields: object, message: string) => void
} & { isLevelEnabled?(level: string): boolean }

export const LOG_OPTIONS = {
  level: option(z.enum(LOG_LEVELS), LOG_LEVELS.map((level) => `'${level}'`).join(', '), {
    default: 'info',
    about:
      'Lines below this level are not written, and cost nothing. `debug` has a line for each connection that opens or closes.',
    without: 'a busy server would write a line for every connection.',
  }),
  to: option(WRITABLE.nullable(), 'a stream, or an object with `write(line)`', {
    default: null,
    about:
      'Where the lines go; null: standard output. It is not closed. A stream that does not keep up is left behind: beyond 1 MiB that wait, lines are left out and counted.',
    without: 'a log that is not read would fill the memory.',
  }),
  pretty: option(z.boolean().nullable(), 'true, false or null', {
    default: null,
    about: 'For people instead of programs; null: when `to` is a terminal.',
    without: 'a terminal would show JSON.',
  }),
  logger: option(LOGGER.nullable(), 'a pino logger', {
    default: null,
    about:
      'Your own, instead of `level`, `to`, `pretty` and `service`. Its lines have the names of ECS when it was made with `@elastic/ecs-pino-format`.',
    without: 'its lines would go somewhere else than those of the application.',
  }),
  service: option(z.string().min(1).max(100).nullable(), 'null, or 1 to 100 characters', {
    default: null,
    about: 'The field `service.name`.',
    without: 'the lines of several services in one place could not be told apart.',
  }),
  errorMessages: booleanOption({
    default: true,
    about: 'What your own code says in its errors is written. With false: only class, code and lines of code.',
    without: 'a token that your code puts into an error message would be in the log.',
  }),
  repeatsMax: integerOption(1, 1_000_000, {
    default: 20,
    about:
      'So many lines of one kind of event in `repeatsWindowMs`; the rest is counted, and said in one line at its end. What is `debug` or `trace` is written each time.',
    without: 'one client that does the same thing wrong again and again would fill the disk.',
  }),
  repeatsWindowMs: integerOption(100, 3_600_000, {
    default: 10_000,
    about: 'See `repeatsMax`.',
    without: 'what was left out would never be said.',
  }),
} as const

export type LogOptions = Options<typeof LOG_OPTIONS>
