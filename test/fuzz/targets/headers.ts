/**
 * Target `headers`: what reads the headers of an upgrade request, with mutated values: never throws, costs time in proportion
 * to its input, and takes whatever extension list `ws` takes, with the same meaning. Nothing to open, nothing to end.
 */
import { HoldfastError } from '../../../src/base/errors.ts'
import { negotiateDeflate } from '../../../src/protocol/deflate-params.ts'
import { type ExtensionOffer, parseExtensions } from '../../../src/protocol/extension-header.ts'
import { checkHandshake, refusalHead, responseHead } from '../../../src/protocol/handshake.ts'
import { parseTokenList, quoteSeen } from '../../../src/protocol/http-tokens.ts'
import { checkOrigin, normaliseHost, normaliseOrigin } from '../../../src/protocol/origin.ts'
import { mutateText } from '../mutate.ts'
import type { Random } from '../random.ts'
import { must, type Target } from '../target.ts'
import { extension, type WsOffers } from '../ws-parts.ts'

const EXTENSIONS = [
  'permessage-deflate',
  'permessage-deflate; client_max_window_bits; server_max_window_bits=10',
  'permessage-deflate; client_max_window_bits="12", permessage-deflate',
  'x-other; a=1; b="q\\"uo", , permessage-deflate;server_no_context_takeover',
]
const ORIGINS = ['http://example.com', 'https://example.com:8443', 'null', 'http://[::1]:80', 'app://x', 'http://a@b/']
const HOSTS = ['example.com', 'example.com:8443', '[::1]:80', '127.0.0.1', 'a b', '']
const LISTS = ['chat', 'chat, superchat', ' a ,,b', 'a;b', 'é']
/** As much as node:http lets in by default, times four. */
const LONG_BYTES = 65_536
/** CPU time for LONG_BYTES. Quadratic code needs seconds, linear code a few milliseconds. */
const LONG_CPU_MS = 400

export const headersTarget: Target = {
  name: 'headers',
  about: 'mutated handshake headers: no throw, time in proportion, extension lists mean what they mean to ws',
  share: 1,
  open: () => ({ run: runHeaders, close: async () => {} }),
}

const drawValue = (random: Random, valid: readonly string[]): string => {
  const value = random.pick(valid)
  return random.chance(0.8) ? mutateText(random, value) : value
}

function runHeaders(random: Random): void {
  if (random.chance(0.002)) runLong(random)
  const extensions = drawValue(random, EXTENSIONS)
  const origin = drawValue(random, ORIGINS)
  const host = drawValue(random, HOSTS)
  const protocols = drawValue(random, LISTS)
  const headers = {
    host,
    upgrade: drawValue(random, ['websocket', 'h2c, WebSocket']),
    connection: drawValue(random, ['Upgrade', 'keep-alive, Upgrade']),
    'sec-websocket-version': random.chance(0.9) ? '13' : drawValue(random, ['13', '8']),
    'sec-websocket-key': random.chance(0.9)
      ? 'dGhlIHNhbXBsZSBub25jZQ=='
      : drawValue(random, ['dGhlIHNhbXBsZSBub25jZQ==']),
    ...(random.chance(0.5) ? { 'sec-websocket-protocol': protocols } : {}),
    ...(random.chance(0.5) ? { 'sec-websocket-extensions': extensions } : {}),
  }
  for (const name of Object.keys(headers)) if (random.chance(0.05)) delete headers[name as keyof typeof headers]
  const answer = checkHandshake('GET', '1.1', headers)
  if ('status' in answer) {
    const head = refusalHead(answer.status, answer.reason, answer.headers)
    const lines = head.split('\r\n\r\n')[0] ?? ''
    must(/^[\t\r\n\x20-\x7e]*$/.test(lines), () => `a refusal that is not ASCII: ${JSON.stringify(lines)}`)
    must(!/[\r\n]/.test(answer.reason), () => `a reason of two lines: ${JSON.stringify(answer.reason)}`)
  }
  checkOrigin(origin, host, random.pick(['same-host', 'any', ['https://example.com']] as const), false)
  const same = checkOrigin(origin, host, 'same-host', false) === null
  must(
    !same || origin.toLowerCase().includes(host.toLowerCase().replace(/:\d*$/, '')),
    () => `${origin} passes at ${host}`,
  )
  idempotent(normaliseOrigin, origin)
  idempotent((text) => normaliseHost(text), host)
  parseTokenList(protocols)
  quoteSeen(extensions)
  const offers = parseExtensions(extensions)
  if (offers !== null) negotiateDeflate(offers, DEFLATE)
  asWs(extensions, offers)
  writeHeader(random)
}

const DEFLATE = {
  ...{ level: 3, memLevel: 8, thresholdBytes: 0, serverContextTakeover: true, clientContextTakeover: true },
  ...{ serverWindowBitsMax: 15, clientWindowBitsMax: 15 },
}

function idempotent(normalise: (text: string) => string | null, text: string): void {
  const once = normalise(text)
  if (once !== null)
    must(normalise(once) === once, () => `normalised twice, ${text} is ${normalise(once)}, once ${once}`)
}

/** What ws takes, we take, and it means the same. (We take more: empty elements, space around "=".) */
function asWs(header: string, offers: readonly ExtensionOffer[] | null): void {
  let parsed: WsOffers
  try {
    parsed = extension.parse(header)
  } catch {
    return
  }
  if (header === '') return
  must(offers !== null, () => `ws takes ${JSON.stringify(header)}, we do not`)
  const regrouped: WsOffers = Object.create(null)
  for (const { name, params } of offers) {
    const grouped: Record<string, (string | true)[]> = Object.create(null)
    for (const param of params) grouped[param.name] = [...(grouped[param.name] ?? []), param.value ?? true]
    regrouped[name] = [...(regrouped[name] ?? []), grouped]
  }
  must(
    JSON.stringify(regrouped) === JSON.stringify(parsed),
    () => `${JSON.stringify(header)}: ${JSON.stringify([regrouped, parsed])}`,
  )
}

/** A header we write never breaks the response, whatever is asked for. */
function writeHeader(random: Random): void {
  const name = drawValue(random, ['Set-Cookie', 'X-Thing', 'Upgrade'])
  const value = drawValue(random, ['a=b; Path=/', 'plain', 'two\r\nlines'])
  try {
    const head = responseHead('x', null, null, [[name, value]])
    must(head.split('\r\n').length === 7 && head.endsWith('\r\n\r\n'), () => `header split: ${JSON.stringify(head)}`)
  } catch (error) {
    must(error instanceof HoldfastError && error.code === 'HF_HEADER_INVALID', () => `threw ${String(error)}`)
  }
}

function runLong(random: Random): void {
  const unit = random.pick([
    ' ',
    ',',
    ', ',
    ';',
    'a',
    'a,',
    'a;',
    'a; b=1',
    '"',
    '\\',
    'a="',
    'a="\\"',
    '\t,',
    'a ',
    ':',
    '[',
    '.',
  ])
  const prefix = random.pick(['', 'a', 'permessage-deflate', 'http://', 'a; b="'])
  const long = prefix + unit.repeat(Math.ceil(LONG_BYTES / unit.length))
  const before = process.cpuUsage()
  const offers = parseExtensions(long)
  if (offers !== null) negotiateDeflate(offers, DEFLATE)
  parseTokenList(long)
  checkOrigin(long, 'example.com', 'same-host', false)
  checkOrigin(long, long, ['https://example.com'], false)
  quoteSeen(long)
  const list = { upgrade: long, connection: long, host: 'a' }
  checkHandshake('GET', '1.1', { ...list })
  checkHandshake('GET', '1.1', { ...list, upgrade: 'websocket' })
  const spent = process.cpuUsage(before)
  const ms = (spent.user + spent.system) / 1000
  must(ms < LONG_CPU_MS, () => `${ms} ms of CPU for 64 KiB of ${JSON.stringify(unit)} after ${JSON.stringify(prefix)}`)
}
