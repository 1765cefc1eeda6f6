/**
 * Which web pages may open a connection: the Origin header against the Host header or a list (RFC 6455 section 10.2).
 *
 * Pure, owned by nobody, nothing to end. Origins are compared whole, as scheme, host and port; there are no wildcards,
 * no suffixes and no regular expressions here, because each of those has let `evil-example.com` in somewhere. It never
 * trusts forwarding headers.
 */

import { quoteSeen } from './http-tokens.ts'

const DEFAULT_PORTS: ReadonlyMap<string, string> = new Map([
  ['http', '80'],
  ['https', '443'],
  ['ws', '80'],
  ['wss', '443'],
])

/**
 * `null` when the origin passes, otherwise the reason for a 403.
 *
 * @param origin the Origin header; `undefined` when there was none, which passes unless `required`
 * @param host the Host header
 * @param allowed `same-host`: an http(s) origin whose host and port are the Host's, the default port of the origin's
 *   scheme left out on both sides. `any`: all. A list: origins such as `https://app.example.com`, compared exactly.
 */
export function checkOrigin(
  origin: string | undefined,
  host: string | undefined,
  allowed: 'same-host' | 'any' | readonly string[],
  required: boolean,
): string | null {
  if (origin === undefined) return required ? 'no Origin header; wanted one, because this server requires it' : null
  if (allowed === 'any') return null
  if (allowed === 'same-host') return checkSameHost(origin, host)
  return isListed(origin, allowed) ? null : `origin ${quoteSeen(origin)} is not among the ${allowed.length} allowed`
}

/**
 * An origin as `scheme://host` or `scheme://host:port`, in lower case and without the default port of its scheme;
 * `null` when it is not an origin ("null", a path behind it, user information, a port that is none).
 */
export function normaliseOrigin(origin: string): string | null {
  const colon = origin.indexOf('://')
  if (colon < 1) return null
  const scheme = origin.slice(0, colon).toLowerCase()
  if (!isScheme(scheme)) return null
  const host = normaliseHost(origin.slice(colon + 3), DEFAULT_PORTS.get(scheme))
  return host === null ? null : `${scheme}://${host}`
}

/**
 * A `host` or `host:port` in lower case, without its port when that is `defaultPort`; `null` when it is malformed. An
 * IPv6 address keeps its brackets and spelling.
 */
export function normaliseHost(host: string, defaultPort?: string): string | null {
  const end = host.charCodeAt(0) === 0x5b ? endOfBrackets(host) : endOfName(host)
  if (end === 0) return null
  const name = host.slice(0, end).toLowerCase()
  if (end === host.length) return name
  const port = readPort(host, end)
  if (port === null) return null
  return port === '' || port === defaultPort ? name : `${name}:${port}`
}

function checkSameHost(origin: string, host: string | undefined): string | null {
  if (host !== undefined && isHostBehindScheme(origin, host)) return null
  const lower = normaliseOrigin(origin)
  if (lower === null) return `origin ${quoteSeen(origin)}; wanted an origin such as "https://${shownHost(host)}"`
  const scheme = lower.slice(0, lower.indexOf('://'))
  const wanted = host === undefined ? null : normaliseHost(host, DEFAULT_PORTS.get(scheme))
  const isWeb = scheme === 'http' || scheme === 'https'
  if (isWeb && wanted !== null && lower.slice(scheme.length + 3) === wanted) return null
  return `origin ${quoteSeen(origin)} is not of the host asked for, ${quoteSeen(host)}; wanted the same host and port`
}

function shownHost(host: string | undefined): string {
  return (host === undefined ? null : normaliseHost(host))?.slice(0, 200) ?? 'app.example.com'
}

/** What a browser on the server's own page sends, nearly always: no parsing, one comparison. */
function isHostBehindScheme(origin: string, host: string): boolean {
  const start = origin.length - host.length
  if (!(start === 8 && origin.startsWith('https://')) && !(start === 7 && origin.startsWith('http://'))) return false
  return origin.endsWith(host) && normaliseHost(host) !== null
}

function isListed(origin: string, allowed: readonly string[]): boolean {
  const seen = normaliseOrigin(origin)
  if (seen === null) return false
  return allowed.includes(seen) || allowed.some((entry) => normaliseOrigin(entry) === seen)
}

function isScheme(lower: string): boolean {
  for (let at = 0; at < lower.length; at += 1) {
    const code = lower.charCodeAt(at)
    const letter = code >= 0x61 && code <= 0x7a
    const later = isDigit(code) || code === 0x2b || code === 0x2d || code === 0x2e
    if (!letter && (at === 0 || !later)) return false
  }
  return true
}

/** Where the name ends: at the colon of the port or at the end; 0 when a character is none of a host name. */
function endOfName(host: string): number {
  for (let at = 0; at < host.length; at += 1) {
    const code = host.charCodeAt(at)
    if (code === 0x3a) return at
    const letter = (code | 0x20) >= 0x61 && (code | 0x20) <= 0x7a
    if (!letter && !isDigit(code) && code !== 0x2d && code !== 0x2e && code !== 0x5f) return 0
  }
  return host.length
}

/** Behind the closing bracket of an IPv6 address; 0 when it is not one. */
function endOfBrackets(host: string): number {
  let colons = 0
  for (let at = 1; at < host.length; at += 1) {
    const code = host.charCodeAt(at)
    if (code === 0x5d) return colons >= 2 ? at + 1 : 0
    const hex = isDigit(code) || ((code | 0x20) >= 0x61 && (code | 0x20) <= 0x66)
    if (code === 0x3a) colons += 1
    else if (!hex && code !== 0x2e) return 0
  }
  return 0
}

/** The digits behind the colon at `at`, without leading zeros; `''` for none (`host:`); `null` when it is no port. */
function readPort(host: string, at: number): string | null {
  if (host.charCodeAt(at) !== 0x3a || host.length - at > 6) return null
  for (let digit = at + 1; digit < host.length; digit += 1) if (!isDigit(host.charCodeAt(digit))) return null
  if (at + 1 === host.length) return ''
  const port = Number(host.slice(at + 1))
  return port <= 65_535 ? String(port) : null
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39
}
