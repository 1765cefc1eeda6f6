/**
 * The options of the admin port. Constants; `docs/reference/admin.md` is generated from this table.
 */
import { isIP } from 'node:net'
import { z } from 'zod'
import { HoldfastError } from '../base/errors.ts'
import { integerOption, type Options, type OptionsInput, option, readOptions, wrongArgument } from '../base/options.ts'

const MINUTE = 60_000
const TOKEN = /^[\x21-\x7e]{16,512}$/
const TOKEN_RANGE = 'null, or 16 to 512 visible ASCII characters'
const HOST = /^(\[[0-9a-f:.]+\]|[\w.-]+)(:\d{1,5})?$/i

export const ADMIN_OPTIONS = {
  host: option(z.string().min(1), 'a name or an address', {
    default: '127.0.0.1',
    about: 'Where it listens. Elsewhere than on a loopback address it needs a `token`.',
    without: 'whoever reaches the machine reaches the port.',
  }),
  port: integerOption(0, 65_535, {
    default: 6060,
    about: 'The port it listens on; 0 takes a free one.',
    without: 'every tool would have to be told where it is.',
  }),
  token: option(z.string().regex(TOKEN).nullable(), TOKEN_RANGE, {
    default: null,
    about:
      'What every request but the probes has to bring: `Authorization: Bearer …`, or the password of Basic. Never in a URL, where logs would keep it.',
    without: 'everybody on this machine may ask; and it does not listen anywhere else.',
  }),
  hosts: option(
    z.array(z.string().regex(HOST)).readonly(),
    "a list of host names such as 'admin.example.com', with or without a port",
    {
      default: [],
      about:
        'Names a request may ask for in its `Host`, beside the loopback names and the address it came in by. Others get 403.',
      without:
        'a web page could have its own name lead to this machine and read what the port answers (DNS rebinding).',
    },
  ),
  connectionsMax: integerOption(1, 10_000, {
    default: 64,
    about: 'So many connections at once; more are hung up on.',
    without: 'whoever connects and says nothing takes descriptors from the WebSockets.',
  }),
  requestTimeoutMs: integerOption(10, 5 * MINUTE, {
    default: 10_000,
    about: 'A request has to be there, body included, within this time; otherwise 408.',
    without: 'a request that never ends holds a connection for ever.',
  }),
  answerTimeoutMs: integerOption(100, 60 * MINUTE, {
    default: 60_000,
    about:
      'A connection on which nothing moves for so long, in either direction, is hung up on. An answer of many lines says something before that.',
    without: 'a client that does not read, or a handler that waits for ever, holds a connection.',
  }),
  bodyBytesMax: integerOption(0, 64 * 1024 * 1024, {
    default: 64 * 1024,
    about: 'How long the body of a request may be; a longer one gets 413.',
    without: 'one request could take all memory.',
  }),
} as const

export type AdminOptions = Options<typeof ADMIN_OPTIONS>
export type AdminOptionsInput = OptionsInput<typeof ADMIN_OPTIONS>

/** @throws HoldfastError HF_OPTION_UNKNOWN, HF_OPTION_INVALID, HF_ADMIN_TOKEN */
export function readAdminOptions(where: string, input: Readonly<Record<string, unknown>>): AdminOptions {
  const token = input?.token
  // Checked here, because the message of a wrong option shows what was given.
  if (token !== undefined && token !== null && !(typeof token === 'string' && TOKEN.test(token))) {
    throw wrongArgument(where, 'token', '(not shown)', TOKEN_RANGE)
  }
  const options = readOptions(where, ADMIN_OPTIONS, input)
  needToken(options.host, options.token)
  return options
}

/** @throws HoldfastError HF_ADMIN_TOKEN when `host` is elsewhere than on loopback and there is no token */
export function needToken(host: string, token: string | null): void {
  if (token === null && !isLoopback(host)) throw new HoldfastError('HF_ADMIN_TOKEN', { host })
}

/** Does this name or address lead to this machine alone? Without brackets. */
export function isLoopback(host: string): boolean {
  const name = host.toLowerCase().replace(/^::ffff:(?=\d)/, '')
  if (isIP(name) === 4) return name.startsWith('127.')
  return name === 'localhost' || name === '::1'
}
