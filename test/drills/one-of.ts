/** A flag of a drill that is one of a few names. */

/** @throws for any other */
export function oneOf<Name extends string>(flag: string, names: readonly Name[], given: string): Name {
  const found = names.find((name) => name === given)
  if (found === undefined) throw new Error(`--${flag} ${given}: wanted ${names.join(', ')}`)
  return found
}
