/**
 * Text from elsewhere, made safe to print: names in a heap snapshot are whatever somebody has put into a program, and a terminal obeys
 * what is in them. Pure.
 */

/** What a terminal or a log may obey (C0, DEL, C1, ends of lines), and what changes the direction of what follows. */
const OBEYED = /[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu

export function printableText(text: string): string {
  return text.replace(OBEYED, (one) => {
    const code = one.charCodeAt(0)
    return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`
  })
}

/** A text of several lines as one, made so. */
export function printableLine(text: string): string {
  return printableText(text.replace(/\s*[\r\n]+\s*/g, ' '))
}

/** As JSON, for whoever reads it again: the same value, and nothing in it that a terminal obeys. */
export function printableJson(value: unknown): string {
  return JSON.stringify(value).replace(OBEYED, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

/** The same value with each text in it made so, names of properties included. For plain data. */
export function printable<Value>(value: Value): Value
export function printable(value: unknown): unknown {
  if (typeof value === 'string') return printableText(value)
  if (Array.isArray(value)) return value.map((one) => printable(one))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [printableText(key), printable(one)]))
}
