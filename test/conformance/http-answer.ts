/**
 * What a server answered to an upgrade request, read by hand (RFC 6455 section 4.2.2), and the key arithmetic of 1.3.
 * Pure; owned by the wire client; holds strings only, so nothing ends.
 */
import { createHash } from 'node:crypto'

/** The key of the example in RFC 6455 section 1.3. */
export const SAMPLE_KEY = 'dGhlIHNhbXBsZSBub25jZQ=='

export interface HttpAnswer {
  readonly status: number
  /** All values of a header joined with ", ", or null. `name` in lower case. */
  header(name: string): string | null
}

export function acceptOf(key: string): string {
  return createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64')
}

/** Throws when it is not a well-formed HTTP/1.1 head. */
export function parseAnswer(head: string): HttpAnswer {
  const [statusLine = '', ...lines] = head.split('\r\n')
  const status = /^HTTP\/1\.1 (\d{3})(?: |$)/.exec(statusLine)?.[1]
  const headers = new Map<string, string>()
  for (const line of lines) {
    const colon = line.indexOf(':')
    const name = line.slice(0, colon).toLowerCase()
    const before = headers.get(name)
    const value = line.slice(colon + 1).trim()
    headers.set(name, before === undefined ? value : `${before}, ${value}`)
  }
  return { status: Number(status ?? 0), header: (name) => headers.get(name) ?? null }
}
