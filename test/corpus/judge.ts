/** Compares what was said of a program with what is right. Pure. */
import { resolve } from 'node:path'
import type { Holder } from '../../src/diagnose/snapshot/cause.ts'
import type { Answer } from './programs.ts'

export interface Judgement {
  readonly verdict: Answer['verdict']
  readonly isVerdictRight: boolean
  /** Of a leak that was called one: is the first cause the right name in the right line? */
  readonly isNameRight: boolean
}

/** @param first what the first cause says that holds; null when nothing grows */
export function judge(answer: Answer, first: Holder | null): Judgement {
  const verdict = first === null ? 'harmless' : 'leak'
  const isVerdictRight = verdict === answer.verdict
  return { verdict, isVerdictRight, isNameRight: isVerdictRight && (first === null || isRight(answer, first)) }
}

/** A listener is named by its event or by who is listened to. */
function isRight(answer: Answer, holder: Holder): boolean {
  if (isNamed(answer, holder) && isThere(answer, holder)) return true
  return holder.kind === 'listener' && holder.of !== null && isRight(answer, holder.of)
}

function isNamed({ holders, event }: Answer, { name, kind }: Holder): boolean {
  const names = event === null ? holders : [...holders, event]
  // A timer whose function has no name has nothing but its line.
  return names.includes(name) || (name === '' && kind === 'timer' && names.some((name) => /^set[TI]/.test(name)))
}

function isThere({ places }: Answer, { file, line }: Holder): boolean {
  return file !== null && places.some((place) => place.file === resolve(file) && place.line === line)
}

/** For the negative control: what is wrong of each, the verdict of half of them and the names of all. */
export function swapped(answers: readonly Answer[]): readonly Answer[] {
  const leaks = answers.filter(({ verdict }) => verdict === 'leak')
  return answers.map((answer, index) => {
    const other = leaks[(leaks.indexOf(answer) + 1) % leaks.length]
    if (answer.verdict === 'harmless') return { ...(other ?? answer), verdict: 'leak' }
    if (index % 2 === 0 || leaks.length < 2 || other === undefined) return { ...answer, verdict: 'harmless' }
    return other
  })
}
