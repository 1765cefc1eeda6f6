/**
 * Who may ask the admin port what. Pure functions over a request's headers: null, or the answer that refuses.
 *
 * - The `Host` must be one of ours, so that a web page cannot have its own name lead here (DNS rebinding).
 * - The token, where there is one, is compared in constant time.
 * - A change needs a header that no form and no link can send, and must not come from a page of elsewhere.
 * - What is only looked at must not come from such a page either, which cannot read it, but could ask again and again; it needs no header,
 *   because tools send none. A person may follow a link to it from elsewhere, unless it costs much.
 */
import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { isIP } from 'node:net'
import { type AdminAnswer, type AnswerHeaders, answer } from './admin-answer.ts'
import { isLoopback } from './admin-options.ts'
import type { AdminRoute } from './admin-routes.ts'

/** The header of a change, and its value. */
export const CHANGE_HEADER = 'X-Holdfast'
export const CHANGE_VALUE = '1'

/** What the port itself refuses: status, and the line its client reads. `docs/reference/admin.md` is made from it. */
export const ADMIN_REFUSALS = {
  target: [400, 'wanted a path, such as /status'],
  body: [400, 'the body is not JSON'],
  token: [401, 'wanted the token of this admin port: Authorization: Bearer TOKEN, or as the password of Basic'],
  host: [403, 'this Host is not known here: ask for 127.0.0.1, or list the name in hosts'],
  header: [403, `a change needs the header ${CHANGE_HEADER}: ${CHANGE_VALUE}`],
  site: [403, 'a page of elsewhere must not ask: a link may lead to what costs little, and to no change'],
  path: [404, 'no such path'],
  method: [405, 'not with this method: see Allow'],
  length: [413, 'the body is too long'],
  failed: [500, 'failed; the reason is with the server'],
} as const satisfies Record<string, readonly [status: number, line: string]>

export function refusal(name: keyof typeof ADMIN_REFUSALS, headers: AnswerHeaders = {}): AdminAnswer {
  const [status, line] = ADMIN_REFUSALS[name]
  return answer.text(line, status, headers)
}

/** What a request says of itself. */
export interface Asked {
  readonly headers: IncomingHttpHeaders
  /** All values of `Host`, in case there are several. */
  readonly hosts: readonly string[]
  /** The address of ours that it came in by. */
  readonly localAddress: string
}

/** @param hosts names that are allowed beside the loopback names, in lower case, with or without a port */
export function guardHost({ hosts: given, localAddress }: Asked, hosts: readonly string[]): AdminAnswer | null {
  const [host = '', ...more] = given
  const name = more.length > 0 ? null : hostName(host)
  if (name === null) return refusal('host')
  // A page cannot make its own origin an address that is ours: only names can be made to lead elsewhere.
  const isOurs = isLoopback(name) || (isIP(name) > 0 && name === localAddress.toLowerCase().replace(/^::ffff:/, ''))
  return isOurs || hosts.includes(host.toLowerCase()) || hosts.includes(withBrackets(name)) ? null : refusal('host')
}

/** @param token null: none is asked for */
export function guardToken({ headers }: Asked, token: string | null): AdminAnswer | null {
  if (token === null || isSame(tokenOf(headers.authorization ?? ''), token)) return null
  return refusal('token', {
    'WWW-Authenticate': ['Bearer realm="holdfast"', 'Basic realm="holdfast", charset="UTF-8"'],
  })
}

/** What may be asked for from where. A probe is for everybody. */
export function guardRoute(asked: Asked, { method, open }: Pick<AdminRoute, 'method' | 'open'>): AdminAnswer | null {
  if (method === 'POST') return guardChange(asked)
  return open !== true && isFromElsewhere(asked) && !isLink(asked) ? refusal('site') : null
}

function guardChange(asked: Asked): AdminAnswer | null {
  if (isFromElsewhere(asked)) return refusal('site')
  return asked.headers[CHANGE_HEADER.toLowerCase()] === CHANGE_VALUE ? null : refusal('header')
}

/** The name of what is wrong with an upgrade request to the live channel, or the empty string. That there is an Origin is asked for elsewhere. */
export function findingOf(
  asked: Asked,
  hosts: readonly string[],
  token: string | null,
): keyof typeof ADMIN_REFUSALS | '' {
  if (guardHost(asked, hosts) !== null) return 'host'
  if (isFromElsewhere(asked)) return 'site'
  return guardToken(asked, token) === null ? '' : 'token'
}

/** For handlers of what costs much: not even by a link. @throws the answer that refuses */
export function refuseElsewhere({ fromElsewhere }: { readonly fromElsewhere: boolean }): void {
  if (fromElsewhere) throw refusal('site')
}

/** Has a browser asked for a page of another origin? Links to here are among it; what a person has typed is not. */
export function isFromElsewhere({ headers, hosts }: Asked): boolean {
  const { origin } = headers
  const site = headers['sec-fetch-site']
  if (origin !== undefined && !isSameHost(origin, hosts[0] ?? '')) return true
  return site !== undefined && site !== 'same-origin' && site !== 'none'
}

/** A tab is to show it, and no frame, picture or script asks. */
function isLink({ headers }: Asked): boolean {
  const { origin, 'sec-fetch-mode': mode, 'sec-fetch-dest': target } = headers
  return origin === undefined && mode === 'navigate' && target === 'document'
}

/** The name in a Host header without port and brackets, or null. */
function hostName(host: string): string | null {
  const found = /^(?:\[([0-9a-f:.]+)\]|([\w.-]+))(?::\d{1,5})?$/i.exec(host)
  return found === null ? null : (found[1] ?? found[2] ?? '').toLowerCase()
}

function withBrackets(name: string): string {
  return isIP(name) === 6 ? `[${name}]` : name
}

function isSameHost(origin: string, host: string): boolean {
  return (
    origin.toLowerCase() === `http://${host.toLowerCase()}` || origin.toLowerCase() === `https://${host.toLowerCase()}`
  )
}

/** The token in an Authorization header, or the empty string. */
function tokenOf(authorization: string): string {
  const [, scheme = '', value = ''] = /^(bearer|basic) +(\S+) *$/i.exec(authorization) ?? []
  if (scheme.toLowerCase() !== 'basic') return value
  const pair = Buffer.from(value, 'base64').toString('utf8')
  return pair.slice(pair.indexOf(':') + 1)
}

/** Takes as long whatever differs, and however long they are. */
function isSame(given: string, wanted: string): boolean {
  return timingSafeEqual(digest(given), digest(wanted))
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
