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

/** Where Node quotes what it was given: behind one of these, to the last of that, if there is one. And what to say instead. */
interface Quote {
  readonly from: readonly string[]
  readonly to: string
  readonly instead: string
}

const QUOTES: readonly Quote[] = [
  ...[
    { from: ['Unexpected token ', '..."', '"'], to: ' is not valid JSON', instead: 'a text that is not valid JSON' },
    { from: ['Cannot convert '], to: ' to a BigInt', instead: 'Cannot convert a value to a BigInt' },
    { from: ['Invalid regular expression: '], to: '', instead: 'Invalid regular expression' },
    { from: ["operator to search for '"], to: '', instead: 'operator to search for a property in a value' },
    { from: [" on string '"], to: "'", instead: ' on a string' },
    { from: [" of string '"], to: "'", instead: ' of a string' },
    { from: ['. Received '], to: '', instead: '. Received something else' },
    { from: ['Failed to parse URL from '], to: '', instead: 'Failed to parse a URL' },
  ],
  // What comes behind the colon.
  ...[
    'Invalid time zone specified',
    'Incorrect locale information provided',
    'Invalid language tag',
    'Unknown encoding',
  ].map((said) => ({ from: [`${said}: `], to: '', instead: said })),
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

/** In one pass for each: a client may have written most of the text, and made it long. */
export function withoutQuotes(text: string): string {
  return QUOTES.reduce((shown, { from, to, instead }) => {
    const starts = from.map((begins) => shown.indexOf(begins)).filter((at) => at !== -1)
    const start = Math.min(...starts)
    const end = to === '' ? shown.length : shown.lastIndexOf(to)
    const first = from.find((begins) => shown.startsWith(begins, start)) ?? ''
    if (starts.length === 0 || end < start + first.length) return shown
    return `${shown.slice(0, start)}${instead}${shown.slice(end + to.length)}`
  }, text)
}

/** The first line of a reason, which may be a stack. */
export function firstLine(text: string): string {
  return withoutQuotes(text).split('\n', 1)[0] ?? ''
}

/** What a supervisor says before what a worker has died of, and what it says of its own. */
const BEFORE_THEIRS =
  /^(?:a worker of \S+ did not start: |every worker has crashed again and again: )?(?:\S+: importing it failed: )?/
const OURS = /^(?:it|its|the|all|port|listening)\s|^\S+: (?:it has no|its) /

/** A reason without what the app has said in an error: its class and its lines of code, or our own words. */
export function reasonWithoutMessage(reason: string): string {
  const before = BEFORE_THEIRS.exec(reason)?.[0] ?? ''
  const theirs = reason.slice(before.length)
  if (theirs === '' || OURS.test(theirs)) return reason
  const type = /^\w*Error\b/.exec(theirs)?.[0] ?? 'an error'
  const lines = linesOfCode(theirs)
  return `${before}${type}, whose message is left out${lines === '' ? '' : `\n    ${lines}`}`
}

/** Of a stack: where it was, and nothing of what was said. @param message that stands in it, where it is known */
export function linesOfCode(stack: string, message = ''): string {
  const said = message === '' ? -1 : stack.indexOf(message)
  const behind = said === -1 ? stack : stack.slice(said + message.length)
  return behind.slice(/\n[ \t]+at /.exec(behind)?.index ?? behind.length).trimStart()
}

function typeOf(thrown: unknown): string {
  try {
    return thrown instanceof Error ? String(thrown.name) : typeof thrown
  } catch {
    return 'unknown'
  }
}
