/**
 * Declared options: each stated once, with type, unit (in the name), range, default, what it does and what breaks
 * without it. Validation, the option types, `docs/reference/options.md` and, later, files and flags derive from it.
 *
 * Pure: tables are constants, results are frozen plain objects. Nothing to end.
 */
import { z } from 'zod'
import { HoldfastError } from './errors.ts'

export interface OptionEntry<Schema extends z.ZodType = z.ZodType> {
  readonly schema: Schema
  /** The values it takes, in words. */
  readonly range: string
  readonly default: z.output<Schema>
  /** One sentence: what it does. */
  readonly about: string
  /** One sentence: what leaks or breaks without it. */
  readonly without: string
}

export type OptionTable = Readonly<Record<string, OptionEntry>>

/** What a user may write: any subset of the options. */
export type OptionsInput<Table extends OptionTable> = {
  readonly [Name in keyof Table]?: z.input<Table[Name]['schema']> | undefined
}

/** What the library works with: every option, in range. */
export type Options<Table extends OptionTable> = { readonly [Name in keyof Table]: z.output<Table[Name]['schema']> }

type Words<Value> = { readonly default: Value; readonly about: string; readonly without: string }

/** A whole number from `min` to `max`. */
export function integerOption(min: number, max: number, words: Words<number>): OptionEntry<z.ZodNumber> {
  return { schema: z.number().int().min(min).max(max), range: `a whole number from ${min} to ${max}`, ...words }
}

export function booleanOption(words: Words<boolean>): OptionEntry<z.ZodBoolean> {
  return { schema: z.boolean(), range: 'true or false', ...words }
}

/** Any other shape, with its range in words. */
export function option<Schema extends z.ZodType>(
  schema: Schema,
  range: string,
  words: Words<z.output<Schema>>,
): OptionEntry<Schema> {
  return { schema, range, ...words }
}

/**
 * Checks `input` against `table` and fills in defaults.
 *
 * @param where names the place in messages, for example `createServer()`
 * @param fallback values that stand in for the table's defaults
 * @throws HoldfastError HF_OPTION_UNKNOWN or HF_OPTION_INVALID, naming the option, what was seen and the range
 */
export function readOptions<Table extends OptionTable>(
  where: string,
  table: Table,
  input: Readonly<Record<string, unknown>>,
  fallback?: Partial<Options<Table>>,
): Options<Table> {
  if (typeof input !== 'object' || input === null) {
    throw wrongArgument(where, 'options', input, 'an object')
  }
  const names = Object.keys(table)
  for (const name of Object.keys(input)) refuseUnknown(where, name, names)
  const options: Record<string, unknown> = {}
  for (const name of names) {
    const entry = table[name] as OptionEntry
    const value = input[name]
    if (value === undefined) {
      options[name] = fallback?.[name as keyof Table] ?? entry.default
      continue
    }
    const checked = entry.schema.safeParse(value)
    if (!checked.success) {
      throw wrongArgument(where, name, value, entry.range)
    }
    options[name] = checked.data
  }
  return Object.freeze(options) as Options<Table>
}

/** HF_OPTION_INVALID for an argument that is not what it has to be. */
export function wrongArgument(where: string, option: string, value: unknown, wanted: string): HoldfastError {
  return new HoldfastError('HF_OPTION_INVALID', { where, option, value: show(value), wanted })
}

/** @throws HoldfastError HF_OPTION_UNKNOWN when `name` is none of `known`, suggesting the nearest */
export function refuseUnknown(where: string, name: string, known: readonly string[]): void {
  if (known.includes(name)) return
  const nearest = known.map((word) => ({ word, far: distance(name, word) })).sort((a, b) => a.far - b.far)[0]
  throw new HoldfastError('HF_OPTION_UNKNOWN', {
    where,
    option: name,
    known: known.join(', '),
    // Half of it may be wrong, or it is another word.
    suggestion: nearest && nearest.far <= nearest.word.length / 2 ? `did you mean "${nearest.word}"?` : 'remove it',
  })
}

function show(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 100))
  if (typeof value === 'number' || typeof value === 'boolean' || value === null) return String(value)
  return Array.isArray(value) ? `[${value.slice(0, 10).map(show).join(', ')}]` : `a value of type ${typeof value}`
}

/** Levenshtein distance: how many letters to change, add or leave out. */
function distance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index)
  for (let i = 1; i <= from.length; i++) {
    const next = [i]
    for (let j = 1; j <= to.length; j++) {
      const change = (row[j - 1] as number) + (from[i - 1] === to[j - 1] ? 0 : 1)
      next[j] = Math.min(change, (row[j] as number) + 1, (next[j - 1] as number) + 1)
    }
    row = next
  }
  return row[to.length] as number
}
