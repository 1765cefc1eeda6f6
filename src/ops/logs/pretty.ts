/**
 * A line of the log for people: time, level, worker, sentence, then the fields that say which one. Functions over text; nothing to end.
 */
import { LOG_FIELDS } from './log-fields.ts'

const COLORS: Readonly<Record<string, string>> = {
  trace: '90',
  debug: '90',
  info: '32',
  warn: '33',
  error: '31',
  fatal: '41;97',
}
/** Said by the sentence, or of no use to whoever sits in front of it. */
const SAID = /^(@timestamp|log\.|message|ecs\.|process\.|host\.|service\.|event\.|error\.|holdfast\.worker\.(?!pid))/
const NS_PER_MS = 1_000_000
const STACK_LINES = 8

/** @param line of JSON, as it would have been written; what is none stays as it is. @param colors of a terminal */
export function prettyLine(line: string, colors: boolean): string {
  const fields = fieldsIn(line)
  if (fields === null) return line
  const paint = (code: string, text: string): string => (colors ? `\x1b[${code}m${text}\x1b[0m` : text)
  const level = String(fields['log.level'] ?? 'info')
  const message = String(fields.message ?? '')
  const [slot, version] = [fields['holdfast.worker.slot'], fields['holdfast.worker.version']]
  // The supervisor's own sentences say of which worker they are.
  const who = slot === undefined || message.includes(`worker ${slot}`) ? '' : `worker ${slot} v${version}`
  const parts = [
    paint('90', String(fields['@timestamp'] ?? '').slice(11, 23)),
    paint(COLORS[level] ?? '0', level.toUpperCase().padEnd(5)),
    ...(who === '' ? [] : [paint('36', who)]),
    plain(message),
    ...Object.entries(fields)
      .filter(([name, value]) => !SAID.test(name) && name in LOG_FIELDS && !isSaid(name, value, message))
      .map(([name, value]) => paint('90', `${name.replace(/^holdfast\./, '')}=${plain(String(value))}`)),
  ]
  const duration = fields['event.duration']
  if (typeof duration === 'number') parts.push(paint('90', `${Math.round(duration / NS_PER_MS)} ms`))
  const stack = String(fields['error.stack_trace'] ?? '')
  const below = stack === '' ? [] : stack.split('\n').slice(0, STACK_LINES)
  return `${[parts.join(' '), ...below.map((one) => paint('90', `    ${plain(one.trim())}`))].join('\n')}\n`
}

/** Some sentences have it, and others do not. */
function isSaid(name: string, value: unknown, message: string): boolean {
  return name === 'holdfast.detail' && message.includes(String(value).replace(/…$/, ''))
}

/** Without what a terminal obeys: an error may say what a client has sent. */
function plain(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is taken out.
  return text.replace(/[\x00-\x1f\x7f-\x9f]/g, ' ')
}

function fieldsIn(line: string): Readonly<Record<string, unknown>> | null {
  try {
    const fields: unknown = JSON.parse(line)
    return typeof fields === 'object' && fields !== null ? (fields as Record<string, unknown>) : null
  } catch {
    return null
  }
}
