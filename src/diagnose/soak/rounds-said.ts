/** How many connections came in how many rounds, so that the figures add up. Pure. */
import { count } from './figures.ts'
import type { SoakReport } from './soak-report.ts'

/** `4,800 connections in 24 rounds, 4 of them to warm up; 800 more to name the cause`. */
export function roundsSaid({ rounds, opened }: Pick<SoakReport, 'rounds' | 'opened'>): string {
  // The first is the sample before anybody came.
  const warm = rounds.slice(1).filter(({ isWarmup }) => isWarmup).length
  const counted = rounds.at(-1)?.connections ?? 0
  const warmed = warm === 0 ? '' : `, ${warm} of them to warm up`
  const more = opened > counted ? `; ${count(opened - counted)} more to name the cause` : ''
  return `${count(counted)} connections in ${rounds.length - 1} rounds${warmed}${more}`
}
