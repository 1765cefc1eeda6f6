/**
 * What each connection says, from a file: a line is a message. Lines `expect TEXT`, `wait TIME` and `send TEXT` are steps; empty
 * lines and those that begin with # are none. Pure.
 */
import { HoldfastError } from '../../base/errors.ts'

export type Step =
  | { readonly do: 'send'; readonly text: string }
  /** Goes on when a message with this text in it has come since the last `expect`; any, when it is empty. */
  | { readonly do: 'expect'; readonly text: string }
  | { readonly do: 'wait'; readonly ms: number }
  /** A ping of the protocol, and its pong: all that can be said to a server one knows nothing of. */
  | { readonly do: 'ping' }

export const NO_SCRIPT: readonly Step[] = [{ do: 'ping' }]

const STEPS_MAX = 1_000
const WAIT_MS_MAX = 600_000

/** @throws HoldfastError HF_SOAK_FAILED, naming the line */
export function readScript(text: string, file: string): readonly Step[] {
  const steps: Step[] = []
  for (const [at, whole] of text.split(/\r?\n/).entries()) {
    const line = whole.trimEnd()
    if (line === '' || line.startsWith('#')) continue
    steps.push(stepOf(line, `${file}:${at + 1}`))
  }
  if (steps.length === 0 || steps.length > STEPS_MAX) {
    throw failed(`${file} has ${steps.length} lines`, `1 to ${STEPS_MAX} messages, each on a line of its own`)
  }
  return steps
}

function stepOf(line: string, where: string): Step {
  const [, word = '', rest = ''] = /^(send|expect|wait)(?: (.*))?$/.exec(line) ?? []
  if (word === 'expect') return { do: 'expect', text: rest }
  if (word === 'send') return { do: 'send', text: rest }
  if (word !== 'wait') return { do: 'send', text: line }
  const [, count, unit] = /^(\d+)(ms|s)$/.exec(rest) ?? []
  const ms = Number(count) * (unit === 's' ? 1_000 : 1)
  if (ms <= WAIT_MS_MAX) return { do: 'wait', ms }
  throw failed(`${where}: "${line}"`, 'a time such as wait 200ms or wait 2s, up to 600s')
}

function failed(seen: string, wanted: string): HoldfastError {
  const todo = 'correct the file; a message that begins with such a word is written as "send …"'
  return new HoldfastError('HF_SOAK_FAILED', { seen, wanted, todo })
}
