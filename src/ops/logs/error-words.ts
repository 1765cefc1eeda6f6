/**
 * Of an error, what a log may say: its code, the class of what was thrown, its message, its lines of code. Where Node puts the value
 * that was wrong into a message (`"…" is not valid JSON`), that is left out: it may be a client's message. What an application says
 * in its own errors is written as it says it.
 *
 * Functions; nothing to end. Whatever was thrown, they do not throw.
 */
import { type HoldfastError, messageOf, stackOf } from '../../base/errors.ts'

export interface ErrorWords {
  readonly code: string
  readonly type: string
  /** Empty: not to be shown. */
  readonly message: string
  readonly stack: string
}

/** Where Node quotes what it was given, and what to say instead. */
const QUOTES: readonly (readonly [RegExp, string])[] = [
  [/(?:Unexpected token |\.{3}"|").* is not valid JSON/s, 'a text that is not valid JSON'],
  [/Cannot convert .* to a BigInt/s, 'Cannot convert a value to a BigInt'],
  [/Invalid regular expression: .*/s, 'Invalid regular expression'],
  [/(Invalid time zone specified|Incorrect locale information provided|Invalid language tag): .*/s, '$1'],
  [/(operator to search for '[^']*' in ).*/s, '$1a value'],
  [/ (on|of) string '.*'/s, ' $1 a string'],
]

/** @param messages whether what the application says in its errors may be shown */
export function errorWords(error: HoldfastError, messages: boolean): ErrorWords {
  const { cause } = error
  const thrown = cause === undefined ? error : cause
  // What was seen; the rest is the same each time, and stands in the error table.
  const seen = error.message.split('; wanted ', 1)[0] ?? ''
  return {
    code: error.code,
    type: typeOf(thrown),
    message: messages || cause === undefined ? withoutQuotes(seen) : '',
    stack: linesOfCode(stackOf(thrown), messageOf(thrown)),
  }
}

export function withoutQuotes(text: string): string {
  return QUOTES.reduce((shown, [quote, instead]) => shown.replace(quote, instead), text)
}

/** The first line of a reason, which may be a stack. */
export function firstLine(text: string): string {
  return withoutQuotes(text).split('\n', 1)[0] ?? ''
}

/** Of a stack: where it was, and nothing of what was said. @param message that stands in it, where it is known */
export function linesOfCode(stack: string, message = ''): string {
  const said = message === '' ? -1 : stack.indexOf(message)
  const behind = said === -1 ? stack : stack.slice(said + message.length)
  return behind.slice(/\n\s+at /.exec(behind)?.index ?? behind.length).trimStart()
}

function typeOf(thrown: unknown): string {
  try {
    return thrown instanceof Error ? String(thrown.name) : typeof thrown
  } catch {
    return 'unknown'
  }
}
