/**
 * A profile as plain values, before it becomes bytes, and what is said instead where there is none. Types, and what every
 * profile does with its numbers; holds nothing.
 */

/** A place in a stack, in the words of whoever wrote the code. */
export interface Frame {
  /** Of the function; `(anonymous)` where it has none. Without `<` and `>`: pprof strips what stands between them. */
  readonly name: string
  /** A path, or what there is instead of one, such as `node:net`. Empty: unknown. */
  readonly file: string
  /** Counted from 1; 0: unknown. */
  readonly line: number
  /** Where the function begins, if `line` is another. */
  readonly startLine?: number
}

export interface ValueKind {
  /** Such as `inuse_space`. */
  readonly type: string
  /** Such as `bytes`. */
  readonly unit: string
}

export interface ProfileSample {
  /** The leaf first. */
  readonly stack: readonly Frame[]
  /** Whole numbers, one for each of `sampleTypes`; they may be negative in a difference. */
  readonly values: readonly number[]
  readonly labels?: Readonly<Record<string, string>>
}

export interface PlainProfile {
  readonly sampleTypes: readonly ValueKind[]
  /** Which of them a tool shows when nobody has said which. */
  readonly defaultType: string
  readonly periodType: ValueKind
  /** What lies between two samples. */
  readonly period: number
  /** When it ended, in milliseconds since 1970. */
  readonly wallMs: number
  /** 0: it is of a moment. */
  readonly durationMs: number
  /** Lines for people: `pprof -comments` shows them. */
  readonly comments: readonly string[]
  readonly samples: readonly ProfileSample[]
}

/** There is no profile: an HTTP status, and one line that says why. */
export interface Refused {
  readonly refused: number
  readonly line: string
}

export function isRefused(given: object): given is Refused {
  return 'refused' in given
}

export function refuse(status: number, line: string): Refused {
  return { refused: status, line }
}
