/** The door `holdfast/logs`: what a server announces, written as a log. */
export { LOG_FIELDS } from './log-fields.ts'
export type { LogSink, LogTarget } from './log-options.ts'
export { type LoggedServer, type Logs, type LogsInput, logs } from './logs.ts'
