/**
 * Flags of the command line: what each is, and how its text becomes a value. Errors are for a person: what was seen, what
 * was wanted. Functions over text; nothing to end.
 */
import { type ParseArgsConfig, parseArgs } from 'node:util'
import { nearest } from './nearest.ts'

/** The command cannot run as it was called. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

export interface Flag {
  /** What stands behind it, for the help; none: it is on or off. */
  readonly value?: string
  /** It may be given more than once. */
  readonly many?: true
  readonly about: string
}

export type Flags = Readonly<Record<string, Flag>>

export interface Given {
  /** What stands between the flags. */
  readonly words: readonly string[]
  /** The text of a flag, or undefined. */
  text(name: string): string | undefined
  texts(name: string): readonly string[]
  on(name: string): boolean
  number(name: string): number | undefined
  /** Milliseconds: `500ms`, `30s`, `10m`, `24h`, `7d`. */
  duration(name: string): number | undefined
}

/** @param command whose flags they are, for messages. @throws UsageError */
export function readFlags(args: readonly string[], flags: Flags, command: string): Given {
  const options: NonNullable<ParseArgsConfig['options']> = {}
  for (const [name, { value, many }] of Object.entries(flags)) {
    options[name] = { type: value === undefined ? 'boolean' : 'string', multiple: many === true }
  }
  // What is wrong is said here: Node's words are for programmers.
  const { values, positionals, tokens } = parseArgs({
    ...{ args: [...args], options, allowPositionals: true, strict: false, tokens: true },
  })
  for (const token of tokens) if (token.kind === 'option') requireRight(token, flags, command)
  const text = (name: string): string | undefined => values[name] as string | undefined
  return {
    words: positionals,
    text,
    texts: (name) => (values[name] as string[] | undefined) ?? [],
    on: (name) => values[name] === true,
    number: (name) => convert(name, text(name), toNumber, 'a number'),
    duration: (name) => convert(name, text(name), toMs, 'a time such as 500ms, 30s, 10m, 24h or 7d'),
  }
}

interface OptionToken {
  readonly name: string
  /** With its dashes. */
  readonly rawName: string
  readonly value?: string | undefined
  /** `--name=value`, and not `--name value`. */
  readonly inlineValue?: boolean | undefined
}

/** @throws UsageError */
function requireRight({ name, rawName, value, inlineValue }: OptionToken, flags: Flags, command: string): void {
  const flag = rawName.startsWith('--') && Object.hasOwn(flags, name) ? flags[name] : undefined
  if (flag === undefined) {
    const meant = nearest(name, [...Object.keys(flags), 'help'])
    const todo = meant === null ? `see holdfast ${command} --help` : `did you mean --${meant}?`
    throw new UsageError(`unknown option ${rawName}; ${todo}`)
  }
  if (flag.value === undefined) {
    if (value !== undefined) throw new UsageError(`${rawName} takes no value, and was given "${value}"`)
    return
  }
  const isOption = value?.startsWith('-') === true && value !== '-' && inlineValue !== true
  if (value !== undefined && value !== '' && !isOption) return
  const example = EXAMPLES[flag.value]
  const wanted = `${rawName} wants a value${example === undefined ? `: ${flag.value}` : `, such as ${example}`}`
  throw new UsageError(isOption ? `${wanted}; one that begins with - is written ${rawName}=${value}` : wanted)
}

/** Of values whose word does not say how they are written. */
const EXAMPLES: Readonly<Record<string, string>> = {
  ...{ TIME: '30s', N: '10', PID: '12345', BYTES: '64', 'HOST:PORT': '127.0.0.1:6060', WAYS: 'close,reset' },
  ...{ URL: 'http://127.0.0.1:8080', LINE: '"Name: value"', PORT: '8080', PERCENT: '90', MIB: '512' },
}

function convert<Value>(
  name: string,
  text: string | undefined,
  read: (text: string) => Value | null,
  wanted: string,
): Value | undefined {
  if (text === undefined) return undefined
  const value = read(text)
  if (value === null) throw new UsageError(`--${name} ${text}: wanted ${wanted}`)
  return value
}

function toNumber(text: string): number | null {
  return /^\d+(\.\d+)?$/.test(text) ? Number(text) : null
}

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }

function toMs(text: string): number | null {
  const [, count, unit = ''] = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(text) ?? []
  return count === undefined ? null : Math.round(Number(count) * (UNITS[unit] ?? 0))
}

/** The flags in two columns. */
export function helpOf(flags: Flags): string {
  const lines = Object.entries(flags).map(([name, { value, about }]) => {
    const left = `  --${name}${value === undefined ? '' : ` ${value}`}`
    return `${left.padEnd(30)} ${about}`
  })
  return lines.join('\n')
}
