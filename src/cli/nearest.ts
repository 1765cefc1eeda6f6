/** The word that was perhaps meant, for whoever has mistyped one. Pure. */

/** So many letters may be wrong. */
const WRONG_MAX = 2

/** Null when none is near. */
export function nearest(typed: string, words: readonly string[]): string | null {
  const [best] = words
    .map((word) => ({ word, wrong: lettersWrong(typed, word) }))
    // Of a short word something has to be right.
    .filter(({ word, wrong }) => wrong <= WRONG_MAX && wrong < Math.min(typed.length, word.length))
    .sort((a, b) => a.wrong - b.wrong)
  return best?.word ?? null
}

/** How many letters have to be put in, taken out or changed to make one of the other. */
function lettersWrong(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, at) => at)
  for (let at = 1; at <= one.length; at++) {
    const next = [at]
    for (let to = 1; to <= other.length; to++) {
      const changed = (row[to - 1] as number) + (one[at - 1] === other[to - 1] ? 0 : 1)
      next.push(Math.min(changed, (row[to] as number) + 1, (next[to - 1] as number) + 1))
    }
    row = next
  }
  return row[other.length] as number
}
