/** Chains in a path: a linked list, a tree that is gone down. Pure. */

/** A chain of the same steps, of one, two or three, is told once: the last of it. */
export function withoutRepeats<Step>(steps: readonly Step[], keyOf: (step: Step) => string): Step[] {
  const kept: Step[] = []
  const keys: string[] = []
  for (const step of steps) {
    kept.push(step)
    keys.push(keyOf(step))
    for (let length = 1; length <= 3 && length * 2 <= keys.length; length++) {
      const from = keys.length - length
      let isSame = true
      for (let at = from; at < keys.length; at++) if (keys[at] !== keys[at - length]) isSame = false
      if (!isSame) continue
      kept.splice(from - length, length)
      keys.splice(from - length, length)
      break
    }
  }
  return kept
}
