/**
 * The small grammar of HTTP header fields the handshake needs: tokens, comma lists, field values.
 *
 * Pure functions over strings, owned by nobody, nothing to end. Every one reads its input once, from left to right: no
 * regular expressions, no backtracking, so 64 KiB of hostile header cost 64 KiB of reading. It never looks at sockets.
 */

const COMMA = 0x2c
const SPACE = 0x20
const TAB = 0x09

/** 1 for each tchar of RFC 9110 section 5.6.2. */
const TCHAR: Uint8Array = Uint8Array.from({ length: 128 }, (_, code) => {
  const char = String.fromCharCode(code)
  const alphanumeric = (char >= '0' && char <= '9') || (char >= 'A' && char <= 'Z') || (char >= 'a' && char <= 'z')
  return alphanumeric || "!#$%&'*+-.^_`|~".includes(char) ? 1 : 0
})

/** Is this character code one a token may contain? NaN (past the end) is not. */
export function isTokenCode(code: number): boolean {
  return TCHAR[code] === 1
}

/** Is this character code optional whitespace (OWS: space or tab)? */
export function isSpaceCode(code: number): boolean {
  return code === SPACE || code === TAB
}

/** Is the whole text one token (RFC 9110 section 5.6.2)? */
export function isToken(text: string): boolean {
  for (let at = 0; at < text.length; at += 1) if (!isTokenCode(text.charCodeAt(at))) return false
  return text.length > 0
}

/**
 * May this be sent as a header value? Printable ASCII and tab: no line breaks, and the same bytes in every encoding the
 * response could be written with.
 */
export function isFieldValue(text: string): boolean {
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at)
    if (code !== TAB && (code < SPACE || code > 0x7e)) return false
  }
  return true
}

/** The first place at or after `at` that is not optional whitespace. */
export function skipSpace(text: string, at: number): number {
  let next = at
  while (isSpaceCode(text.charCodeAt(next))) next += 1
  return next
}

/** Does a comma list name this element? Letter case and optional whitespace do not matter; `lower` is in lower case. */
export function listNames(list: string, lower: string): boolean {
  for (let start = 0; start <= list.length; ) {
    const comma = list.indexOf(',', start)
    const stop = comma === -1 ? list.length : comma
    if (elementIs(list, start, stop, lower)) return true
    start = stop + 1
  }
  return false
}

function elementIs(list: string, from: number, to: number, lower: string): boolean {
  const start = skipSpace(list, from)
  let end = to
  while (end > start && isSpaceCode(list.charCodeAt(end - 1))) end -= 1
  return end - start === lower.length && list.slice(start, end).toLowerCase() === lower
}

/**
 * The elements of `1#token`: a comma list of at least one token, with optional whitespace and empty elements between
 * (RFC 9110 section 5.6.1.2). `null` when anything else stands in it.
 */
export function parseTokenList(list: string): readonly string[] | null {
  const tokens: string[] = []
  let at = skipSpace(list, 0)
  while (at < list.length) {
    if (list.charCodeAt(at) !== COMMA) {
      const start = at
      while (isTokenCode(list.charCodeAt(at))) at += 1
      if (at === start) return null
      tokens.push(list.slice(start, at))
      at = skipSpace(list, at)
      if (at < list.length && list.charCodeAt(at) !== COMMA) return null
    }
    at = skipSpace(list, at + 1)
  }
  return tokens.length > 0 ? tokens : null
}

/** What a peer sent, fit for one line of a reason: quoted, printable ASCII, at most 200 characters of it. */
export function quoteSeen(text: string | undefined): string {
  if (text === undefined) return 'nothing'
  let shown = ''
  for (let at = 0; at < text.length && at < 200; at += 1) {
    const code = text.charCodeAt(at)
    shown += code >= SPACE && code <= 0x7e ? text[at] : '?'
  }
  return text.length > 200 ? `"${shown}"… (${text.length} characters)` : `"${shown}"`
}
