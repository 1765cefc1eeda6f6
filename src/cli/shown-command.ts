/** A command as it was given, for a report that others read: without passwords, tokens, and what stands in headers. Pure. */
import type { Flags, Given } from './flags.ts'

/** Parameters of a URL that may let somebody in. */
const SECRET = /token|key|secret|auth|pass|pwd|jwt|ticket|session|sid|sig|code|credential/i

/** Without the login, and without the values of what looks like a token. */
export function shownUrl(url: string): string {
  return url
    .replace(/\/\/[^/@]*@/, '//')
    .replace(/([?&]([^=&#]+)=)[^&#]+/g, (whole, name: string, parameter: string) =>
      SECRET.test(parameter) ? `${name}…` : whole,
    )
}

/** The words first, then the flags in the order of the help. */
export function shownCommand(name: string, given: Given, flags: Flags): string {
  const parts = Object.entries(flags).flatMap(([flag, { value, many }]) => {
    if (value === undefined) return given.on(flag) ? [`--${flag}`] : []
    const one = given.text(flag)
    const texts = many ? given.texts(flag) : one === undefined ? [] : [one]
    return texts.map((text) => `--${flag} ${quoted(value === 'LINE' ? text.replace(/:.*/s, ': …') : shownUrl(text))}`)
  })
  return ['holdfast', name, ...given.words.map((word) => quoted(shownUrl(word))), ...parts].join(' ')
}

/** As a shell takes it for one word. */
function quoted(text: string): string {
  return /^[\w./:@%+=,…-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`
}
