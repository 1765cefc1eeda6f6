/**
 * What grows, each told once: what one holder keeps is not told again by what it has brought along, by the texts under which it is held, or by
 * the bytes of all of it. Pure.
 */
import type { Growing, Step } from './cause.ts'

/** Most bytes first, as far as they are objects. */
export function toldOnce(objects: readonly Growing[], bytes: readonly Growing[]): Growing[] {
  const told = withoutTexts(withoutBehind(objects)).sort((x, y) => y.bytesPerRound - x.bytesPerRound)
  const known = new Set(told.map(placeOf))
  return [...told, ...bytes.filter((one) => !known.has(placeOf(one)))]
}

const placeOf = ({ cause: { holder } }: Growing): string => `${holder.name} ${holder.file}:${holder.line}`
const holderOf = ({ cause }: Growing): string => JSON.stringify(cause.holder)
const isText = ({ cause }: Growing): boolean => cause.path.at(-1)?.type === 'string'

/** An entry that is a plain object, say, and what is in each of those: the size of the one has the other in it. */
function withoutBehind(all: readonly Growing[]): Growing[] {
  const kept: Growing[] = []
  for (const each of [...all].sort((x, y) => x.cause.path.length - y.cause.path.length)) {
    const at = kept.findIndex((one) => holderOf(one) === holderOf(each) && isBehind(each.cause.path, one.cause.path))
    const before = kept[at]
    if (before === undefined) kept.push(each)
    else kept[at] = { ...before, bytesPerRound: Math.max(before.bytesPerRound, each.bytesPerRound) }
  }
  return kept
}

function isBehind(path: readonly Step[], before: readonly Step[]): boolean {
  return before.every(({ kind, name, type }, at) => {
    const step = path[at]
    return step?.kind === kind && step.name === name && step.type === type
  })
}

/** Texts are the keys of what is held, and take room beside it. */
function withoutTexts(all: readonly Growing[]): Growing[] {
  const kept = all.filter((each) => !isText(each))
  for (const each of all.filter(isText)) {
    const at = kept.findIndex((one) => holderOf(one) === holderOf(each))
    const same = kept[at]
    if (same === undefined) kept.push(each)
    else kept[at] = { ...same, bytesPerRound: same.bytesPerRound + each.bytesPerRound }
  }
  return kept
}
