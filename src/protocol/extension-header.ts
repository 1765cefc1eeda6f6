/**
 * Reads Sec-WebSocket-Extensions (RFC 6455 section 9.1) into a list of offers.
 *
 * Pure, owned by nobody, nothing to end. One pass, no backtracking; names stay strings in arrays, so no name a peer
 * chooses can ever be a property of an object. It never judges what an extension means: that is the negotiation's part.
 */

import { isToken, isTokenCode, skipSpace } from './http-tokens.ts'

export interface ExtensionParam {
  readonly name: string
  /** The value, without the quotes it may have come in; `null` when there was no "=". */
  readonly value: string | null
}

export interface ExtensionOffer {
  readonly name: string
  /** In the order they came, duplicates kept: whether those are an error is for the extension to say. */
  readonly params: readonly ExtensionParam[]
}

const COMMA = 0x2c
const SEMICOLON = 0x3b
const EQUALS = 0x3d
const QUOTE = 0x22
const BACKSLASH = 0x5c

/**
 * The offers of a Sec-WebSocket-Extensions header, or `null` when it is malformed. Optional whitespace may stand between
 * all parts (RFC 6455 section 4.3: "implied *LWS"), and list elements may be empty; at least one must not be.
 */
export function parseExtensions(header: string): readonly ExtensionOffer[] | null {
  const reader = new Reader(header)
  const offers: ExtensionOffer[] = []
  while (!reader.atEnd()) {
    if (reader.take(COMMA)) continue
    const offer = readOffer(reader)
    if (offer === null) return null
    offers.push(offer)
    if (!reader.atEnd() && !reader.take(COMMA)) return null
  }
  return offers.length > 0 ? offers : null
}

function readOffer(reader: Reader): ExtensionOffer | null {
  const name = reader.token()
  if (name === null) return null
  const params: ExtensionParam[] = []
  while (reader.take(SEMICOLON)) {
    const param = reader.token()
    if (param === null) return null
    const valued = reader.take(EQUALS)
    const value = valued ? reader.value() : null
    if (valued && value === null) return null
    params.push({ name: param, value })
  }
  return { name, params }
}

/** A place in the header that only moves forward, and past whitespace after every part. */
class Reader {
  readonly #text: string
  #at: number

  constructor(text: string) {
    this.#text = text
    this.#at = skipSpace(text, 0)
  }

  atEnd(): boolean {
    return this.#at >= this.#text.length
  }

  take(code: number): boolean {
    if (this.#text.charCodeAt(this.#at) !== code) return false
    this.#at = skipSpace(this.#text, this.#at + 1)
    return true
  }

  token(): string | null {
    const start = this.#at
    let end = start
    while (isTokenCode(this.#text.charCodeAt(end))) end += 1
    this.#at = skipSpace(this.#text, end)
    return end > start ? this.#text.slice(start, end) : null
  }

  value(): string | null {
    return this.#text.charCodeAt(this.#at) === QUOTE ? this.#quoted() : this.token()
  }

  /** A quoted-string; what it says must be a token once the escapes are gone (RFC 6455 section 9.1). */
  #quoted(): string | null {
    const pieces: string[] = []
    let start = this.#at + 1
    for (let end = start; end < this.#text.length; end += 1) {
      const code = this.#text.charCodeAt(end)
      if (code !== QUOTE && code !== BACKSLASH) continue
      pieces.push(this.#text.slice(start, end))
      start = end + 1
      if (code === BACKSLASH) end += 1
      else {
        this.#at = skipSpace(this.#text, start)
        const value = pieces.join('')
        return isToken(value) ? value : null
      }
    }
    return null
  }
}
