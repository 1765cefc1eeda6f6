/**
 * The opening handshake, server side (RFC 6455 section 4.2): judge a request, word the answer.
 *
 * Pure functions over strings, owned by nobody, nothing to end. It never touches a socket, never assumes that a header
 * is there, and never keeps the headers it is shown: an offer holds strings of its own.
 */

import { hash } from 'node:crypto'
import { type IncomingHttpHeaders, STATUS_CODES } from 'node:http'
import { HoldfastError } from '../base/errors.ts'
import { type ExtensionOffer, parseExtensions } from './extension-header.ts'
import { isFieldValue, isToken, listNames, parseTokenList, quoteSeen } from './http-tokens.ts'
import { normaliseHost } from './origin.ts'

export interface HandshakeOffer {
  readonly key: string
  /** In the order the client prefers; each is a token and none comes twice. */
  readonly protocols: readonly string[]
  readonly extensions: readonly ExtensionOffer[]
}

/** Why a request is no WebSocket handshake, as the answer to give. */
export interface HandshakeFault {
  readonly status: number
  /** One line: what was seen, what was wanted. */
  readonly reason: string
  /** A short name to count it by, from a bounded set, such as `origin` or `limit connectionsMax`; else `handshake`. */
  readonly kind?: string
  readonly headers?: Readonly<Record<string, string>>
}

const MAGIC = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'
const NONE: readonly never[] = Object.freeze([])
const UPGRADE_TO: Readonly<Record<string, string>> = { Upgrade: 'websocket' }
const VERSION_IS: Readonly<Record<string, string>> = { Upgrade: 'websocket', 'Sec-WebSocket-Version': '13' }
const OWNED: ReadonlySet<string> = new Set([
  'connection',
  'upgrade',
  'content-length',
  'content-type',
  'transfer-encoding',
  'sec-websocket-accept',
  'sec-websocket-protocol',
  'sec-websocket-extensions',
])

/**
 * What the client offers, or why its request is refused (RFC 6455 section 4.2.1). `'status' in result` tells them apart.
 *
 * @param httpVersion as node:http has it: "1.1"
 * @param headers as node:http has them: names in lower case, what came twice joined by ", "
 * @param rawHeaders names and values in turn; node:http drops a second Host in silence, so only here can it be seen
 */
export function checkHandshake(
  method: string,
  httpVersion: string,
  headers: IncomingHttpHeaders,
  rawHeaders: readonly string[] = NONE,
): HandshakeOffer | HandshakeFault {
  const fault = checkRequest(method, httpVersion, headers) ?? checkHost(headers.host, rawHeaders)
  if (fault !== null) return fault
  const version = headers['sec-websocket-version']
  if (version !== '13') {
    return { status: 426, reason: `Sec-WebSocket-Version is ${quoteSeen(version)}; wanted 13`, headers: VERSION_IS }
  }
  const key = headers['sec-websocket-key']
  if (key === undefined || !isKey(key)) {
    return { status: 400, reason: `Sec-WebSocket-Key is ${quoteSeen(key)}; wanted one, the base64 of 16 bytes` }
  }
  const protocols = readProtocols(headers['sec-websocket-protocol'])
  if ('status' in protocols) return protocols
  const extensions = readExtensions(headers['sec-websocket-extensions'])
  if ('status' in extensions) return extensions
  return { key, protocols, extensions }
}

/** Sec-WebSocket-Accept for a key: base64 of SHA-1 of key and magic (RFC 6455 section 4.2.2). */
export function acceptKey(key: string): string {
  // The one-shot hash() costs 0.3 µs, createHash() 0.8: it makes no object that a collector must finalise.
  return hash('sha1', key + MAGIC, 'base64')
}

/**
 * The 101 response up to and including the empty line. ASCII throughout.
 *
 * @param protocol one of the offer's, or `null`
 * @param extensions the value of Sec-WebSocket-Extensions, or `null`
 * @throws {HoldfastError} HF_HEADER_INVALID for an extra header that is not allowed
 */
export function responseHead(
  accept: string,
  protocol: string | null,
  extensions: string | null,
  extra: readonly (readonly [string, string])[],
): string {
  let head = `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n`
  if (protocol !== null) {
    if (!isToken(protocol)) throw new HoldfastError('HF_HEADER_INVALID', { name: 'Sec-WebSocket-Protocol' })
    head += `Sec-WebSocket-Protocol: ${protocol}\r\n`
  }
  if (extensions !== null) head += `Sec-WebSocket-Extensions: ${extensions}\r\n`
  for (const [name, value] of extra) head += headerLine(name, value, OWNED)
  return `${head}\r\n`
}

/**
 * A whole refusal: the reason is the body, and the socket closes behind it. Write it as UTF-8.
 *
 * @param status 300 to 599
 * @param headers beside those of the body and the connection; `Upgrade` may be among them (a 426 must have it)
 * @throws {HoldfastError} HF_HEADER_INVALID for a header that is not allowed
 */
export function refusalHead(status: number, reason: string, headers?: Readonly<Record<string, string>>): string {
  let lines = ''
  let connection = 'close'
  for (const [name, value] of Object.entries(headers ?? {})) {
    const isUpgrade = name.toLowerCase() === 'upgrade'
    // Who sends Upgrade must name it in Connection as well (RFC 9110 section 7.8).
    if (isUpgrade) connection = 'close, Upgrade'
    lines += headerLine(name, value, isUpgrade ? NOTHING_OWNED : OWNED)
  }
  const body = `${reason}\n`
  return (
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'Refused'}\r\nConnection: ${connection}\r\n${lines}` +
    `Content-Type: text/plain; charset=utf-8\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`
  )
}

const NOTHING_OWNED: ReadonlySet<string> = new Set()

/** @throws {HoldfastError} HF_HEADER_INVALID: a line break here would let whoever chose the value write our response. */
function headerLine(name: string, value: string, owned: ReadonlySet<string>): string {
  if (isToken(name) && isFieldValue(value) && !owned.has(name.toLowerCase())) return `${name}: ${value}\r\n`
  throw new HoldfastError('HF_HEADER_INVALID', { name: quoteSeen(name) })
}

function checkRequest(method: string, httpVersion: string, headers: IncomingHttpHeaders): HandshakeFault | null {
  if (method !== 'GET') {
    return { status: 405, reason: `method ${quoteSeen(method)}; wanted GET`, headers: { Allow: 'GET' } }
  }
  if (httpVersion !== '1.1' && !isVersionEnough(httpVersion)) {
    // Not 505: that refuses a major version (RFC 9110 section 15.6.6), and 1.0 is the same major version as 1.1.
    const reason = `HTTP/${httpVersion.slice(0, 8)}; wanted HTTP/1.1 or later (a proxy in between may speak 1.0 to us)`
    return { status: 400, reason }
  }
  const { upgrade, connection } = headers
  if (upgrade !== 'websocket' && (upgrade === undefined || !listNames(upgrade, 'websocket'))) {
    return { status: 426, reason: `Upgrade is ${quoteSeen(upgrade)}; wanted websocket`, headers: UPGRADE_TO }
  }
  if (connection !== 'Upgrade' && (connection === undefined || !listNames(connection, 'upgrade'))) {
    return {
      status: 400,
      reason: `Connection is ${quoteSeen(connection)}; wanted Upgrade (a proxy in between may have dropped it)`,
    }
  }
  return null
}

function isVersionEnough(httpVersion: string): boolean {
  const dot = httpVersion.indexOf('.')
  const major = Number(dot === -1 ? httpVersion : httpVersion.slice(0, dot))
  const minor = dot === -1 ? 0 : Number(httpVersion.slice(dot + 1))
  return major > 1 || (major === 1 && minor >= 1)
}

function checkHost(host: string | undefined, rawHeaders: readonly string[]): HandshakeFault | null {
  if (host === undefined || normaliseHost(host) === null) {
    return { status: 400, reason: `Host is ${quoteSeen(host)}; wanted one host, with or without a port` }
  }
  let count = 0
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at]
    if (name?.length === 4 && name.toLowerCase() === 'host') count += 1
  }
  return count > 1 ? { status: 400, reason: `${count} Host headers; wanted one` } : null
}

/** 22 digits of base64 and "==", which is 16 bytes. What came in two headers is joined by a comma, and fails here. */
function isKey(key: string): boolean {
  if (key.length !== 24 || !key.endsWith('==')) return false
  for (let at = 0; at < 22; at += 1) {
    const code = key.charCodeAt(at)
    const letter = (code >= 0x41 && code <= 0x5a) || (code >= 0x61 && code <= 0x7a)
    // "/" is the code before "0", so one range holds the slash and the digits.
    if (!letter && !(code >= 0x2f && code <= 0x39) && code !== 0x2b) return false
  }
  return true
}

function readProtocols(header: string | undefined): readonly string[] | HandshakeFault {
  if (header === undefined) return NONE
  const protocols = parseTokenList(header)
  if (protocols !== null && new Set(protocols).size === protocols.length) return protocols
  const reason = `Sec-WebSocket-Protocol is ${quoteSeen(header)}; wanted a comma list of tokens, each named once`
  return { status: 400, reason }
}

function readExtensions(header: string | undefined): readonly ExtensionOffer[] | HandshakeFault {
  if (header === undefined) return NONE
  const reason = `Sec-WebSocket-Extensions is ${quoteSeen(header)}; wanted a list such as "permessage-deflate; name=value"`
  return parseExtensions(header) ?? { status: 400, reason }
}
