/** A finding as lines for somebody who is tired. Pure. */

import type { Finding, ToldCause } from '../diagnose/doctor/finding.ts'
import { megabytes } from '../diagnose/doctor/snapshot-cost.ts'

const TITLES: Readonly<Record<Finding['verdict'], string>> = {
  leak: 'LEAK',
  suspect: 'SUSPECT',
  nothing: 'NOTHING FOUND',
}

export function findingLines(finding: Finding): string[] {
  const { verdict, sentence, growing, held, snapshot } = finding
  const lines = [`${TITLES[verdict]}: ${sentence}`]
  let number = 0
  for (const { cause, counts, bytesPerRound, sentence: grown } of growing ?? []) {
    number++
    lines.push('', `${number}. ${grown}: ${bytes(bytesPerRound)} with each round (${counts.map(count).join(', ')})`)
    lines.push(...pathLines(cause))
  }
  const told = new Set((growing ?? []).map(({ cause }) => placeOf(cause)))
  for (const { kind, route, causes, also, count: all } of held) {
    const of = route === '' ? kind : `${kind} of ${route}`
    for (const cause of causes) {
      if (told.has(placeOf(cause))) continue
      number++
      const size = `${bytes(cause.bytes)}, ${bytes(cause.bytes / cause.count)} each`
      lines.push('', `${number}. ${cause.sentence} (${count(cause.count)} of ${count(all)}: ${of}, over): ${size}`)
      lines.push(...pathLines(cause))
    }
    for (const cause of also) {
      if (told.has(placeOf(cause)) || causes.some((one) => placeOf(one) === placeOf(cause))) continue
      number++
      lines.push('', `${number}. ${cause.sentence} as well (${of}, over): they stay until that lets go too`)
      lines.push(...pathLines(cause))
    }
  }
  return [...lines, '', `Of ${megabytes(snapshot.bytes)} in ${count(snapshot.nodes)} objects.`]
}

/** What has been told by its growth is not told once more by what it keeps. */
const placeOf = ({ holder }: ToldCause): string => `${holder.kind} ${holder.name} ${holder.file}:${holder.line}`

function pathLines({ path, advice }: ToldCause): string[] {
  return [`   held by  ${path.map(({ text }) => text).join(' → ')}`, `   change   ${advice}`]
}

function bytes(value: number): string {
  if (value < 1_000) return `${Math.round(value)} B`
  return value < 1_000_000 ? `${(value / 1_000).toFixed(1)} KB` : `${(value / 1_000_000).toFixed(1)} MB`
}

function count(value: number): string {
  return Math.round(value).toLocaleString('en')
}
