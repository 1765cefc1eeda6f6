/**
 * What is under way, as a profile: where it was begun is the stack, so `go tool pprof` adds up tasks as it adds up goroutines.
 * Pure function; holds nothing.
 */
import type { PlainProfile } from './plain-profile.ts'

const NS_PER_MS = 1_000_000

/** Work of one kind that was begun at one place. */
export interface TaskSample {
  readonly name: string
  /** Such as `task`, `timer` or `listener`. */
  readonly kind: string
  /** Of its connection; empty: of none. */
  readonly route: string
  /** Where it was begun. Empty and 0: not known. */
  readonly file: string
  readonly line: number
  readonly function: string
  /** Of all of them together. */
  readonly ageMs: number
  readonly count: number
}

export function tasksProfile(tasks: readonly TaskSample[], wallMs: number): PlainProfile {
  return {
    sampleTypes: [
      { type: 'tasks', unit: 'count' },
      { type: 'age', unit: 'nanoseconds' },
    ],
    defaultType: 'tasks',
    ...{ periodType: { type: 'tasks', unit: 'count' }, period: 1 },
    ...{ wallMs, durationMs: 0 },
    comments: ['Of the tasks, timers and listeners that scopes hold now. Ages are added up.'],
    samples: tasks.map(({ name, kind, route, file, line, function: begunIn, ageMs, count }) => ({
      // The name is what a reader looks for; beneath it, who began it.
      stack: [frame(name, file, line), ...(begunIn === '' ? [] : [frame(begunIn, file, line)])],
      values: [count, ageMs * NS_PER_MS],
      labels: Object.fromEntries(Object.entries({ kind, route }).filter(([, said]) => said !== '')),
    })),
  }
}

function frame(name: string, file: string, line: number) {
  const shown = name === '' ? '(anonymous)' : name.replaceAll('<', '(').replaceAll('>', ')')
  return { name: shown, file, line }
}
