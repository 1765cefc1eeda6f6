/**
 * What a drill found: checks, each with what was wanted and what was seen. Printed as a table or as JSON; a drill's exit code
 * is 0 when all hold, 1 when one does not, 2 when it could not run. Plain data.
 */

export interface Check {
  readonly what: string
  readonly wanted: string
  readonly seen: string
  readonly holds: boolean
}

export interface Verdict {
  readonly drill: string
  readonly checks: readonly Check[]
  /** Numbers worth keeping that decide nothing. */
  readonly numbers: Readonly<Record<string, unknown>>
}

/** Exactly this. */
export function exactly(what: string, seen: unknown, wanted: unknown): Check {
  const [seenText, wantedText] = [JSON.stringify(seen), JSON.stringify(wanted)]
  return { what, wanted: wantedText, seen: seenText, holds: seenText === wantedText }
}

export function atMost(what: string, seen: number, most: number, unit = ''): Check {
  return { what, wanted: `at most ${round(most)}${unit}`, seen: `${round(seen)}${unit}`, holds: seen <= most }
}

export function atLeast(what: string, seen: number, least: number, unit = ''): Check {
  return { what, wanted: `at least ${round(least)}${unit}`, seen: `${round(seen)}${unit}`, holds: seen >= least }
}

export function holds(verdict: Verdict): boolean {
  return verdict.checks.length > 0 && verdict.checks.every((check) => check.holds)
}

/** The checks that do not hold, one line each. */
export function failures(verdict: Verdict): string[] {
  return verdict.checks.filter((check) => !check.holds).map(({ what, wanted, seen }) => `${what}: ${seen}, ${wanted}`)
}

export function asTable(verdict: Verdict): string {
  const rows = verdict.checks.map(({ what, wanted, seen, holds }) => [holds ? 'ok' : 'NOT', what, seen, wanted])
  const all = [['', verdict.drill, 'seen', 'wanted'], ...rows]
  const widths = [0, 1, 2].map((column) => Math.max(...all.map((row) => row[column]?.length ?? 0)))
  const line = (row: string[]) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')
  const numbers = Object.entries(verdict.numbers).map(([name, value]) => `${name} ${JSON.stringify(value)}`)
  return [...all.map((row) => line(row).trimEnd()), ...numbers].join('\n')
}

function round(value: number): number {
  return Math.round(value * 100) / 100
}
