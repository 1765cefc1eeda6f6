/**
 * The opening handshake, client side (RFC 6455 section 4.1): word a request, judge the answer. Pure functions over strings;
 * nothing to end.
 */
import { HoldfastError } from '../base/errors.ts'
import { acceptKey } from './handshake.ts'
import { isFieldValue, isToken, listNames, quoteSeen } from './http-tokens.ts'

export interface ClientRequest {
  /** As it stands in the URL, with the port where it is not the usual one. */
  readonly host: string
  /** Path and query. */
  readonly path: string
  /** The base64 of 16 random bytes. */
  readonly key: string
  readonly protocols: readonly string[]
  /** Names and values of more headers. */
  readonly headers: readonly (readonly [name: string, value: string])[]
}

/** What a server said to it. */
export interface HandshakeAnswer {
  readonly status: number
  /** Behind the status. */
  readonly statusText: string
  /** The subprotocol it chose, or the empty string. */
  readonly protocol: string
  /** What is wrong with a 101, or null; null too for any other status. */
  readonly fault: string | null
}

/** @throws HoldfastError HF_HEADER_INVALID for a header that cannot be sent */
export function requestHead({ host, path, key, protocols, headers }: ClientRequest): string {
  const own: [string, string][] = [
    ['Host', host],
    ['Upgrade', 'websocket'],
    ['Connection', 'Upgrade'],
    ['Sec-WebSocket-Version', '13'],
    ['Sec-WebSocket-Key', key],
  ]
  if (protocols.length > 0) own.push(['Sec-WebSocket-Protocol', protocols.join(', ')])
  const given = new Set(headers.map(([name]) => name.toLowerCase()))
  const lines = [...own.filter(([name]) => !given.has(name.toLowerCase())), ...headers].map(([name, value]) => {
    if (!isToken(name) || !isFieldValue(value)) throw new HoldfastError('HF_HEADER_INVALID', { name: quoteSeen(name) })
    return `${name}: ${value}\r\n`
  })
  return `GET ${path} HTTP/1.1\r\n${lines.join('')}\r\n`
}

/** @param head of the answer, up to the empty line; null when it is no answer of HTTP */
export function readAnswer(head: string, { key, protocols }: ClientRequest): HandshakeAnswer | null {
  const [first = '', ...lines] = head.split('\r\n')
  const [, digits, statusText = ''] = /^HTTP\/1\.\d (\d{3})(?: (.*))?$/.exec(first) ?? []
  if (digits === undefined) return null
  const headers: Record<string, string> = {}
  for (const line of lines) {
    const colon = line.indexOf(':')
    if (colon > 0) headers[line.slice(0, colon).trim().toLowerCase()] = line.slice(colon + 1).trim()
  }
  const protocol = headers['sec-websocket-protocol'] ?? ''
  const answer = { status: Number(digits), statusText, protocol }
  return { ...answer, fault: answer.status === 101 ? faultOf(headers, key, protocols) : null }
}

function faultOf(headers: Readonly<Record<string, string>>, key: string, protocols: readonly string[]): string | null {
  const { upgrade, connection, 'sec-websocket-accept': accept, 'sec-websocket-protocol': protocol } = headers
  if (upgrade?.toLowerCase() !== 'websocket') return `Upgrade is ${quoteSeen(upgrade)}; wanted websocket`
  if (connection === undefined || !listNames(connection, 'upgrade')) {
    return `Connection is ${quoteSeen(connection)}; wanted Upgrade`
  }
  if (accept !== acceptKey(key)) return `Sec-WebSocket-Accept is ${quoteSeen(accept)}, which does not belong to our key`
  if (protocol !== undefined && !protocols.includes(protocol))
    return `it chose ${quoteSeen(protocol)}, which was not offered`
  const extensions = headers['sec-websocket-extensions']
  return extensions === undefined ? null : `it uses ${quoteSeen(extensions)}, which was not offered`
}
