/**
 * The options of a server and of a route. Constants; `docs/reference/options.md` is generated from these tables.
 *
 * A route takes UPGRADE_OPTIONS and CONNECTION_OPTIONS too, for its own connections; what it leaves out, the server's
 * hold for.
 */
import { z } from 'zod'
import { booleanOption, integerOption, type Options, type OptionsInput, option, readOptions } from '../base/options.ts'
import { CONNECTION_OPTIONS } from '../connection/connection-options.ts'
import type { DeflateOptions } from '../protocol/deflate.ts'
import { normaliseOrigin } from '../protocol/origin.ts'
import { isAddressRange } from './client-address.ts'
import { LIMITS } from './limit-names.ts'

const MINUTE = 60_000
const GIB = 1024 ** 3

/** The parts of the `deflate` option. */
export const DEFLATE_OPTIONS = {
  level: integerOption(0, 9, {
    default: 3,
    about: "zlib's level: 0 stores, 9 compresses best and slowest.",
    without: 'every message would be compressed at a cost nobody chose.',
  }),
  memLevel: integerOption(1, 9, {
    default: 8,
    about: "zlib's memLevel: how much memory a compression takes while it runs.",
    without: 'the memory of a compression would be fixed.',
  }),
  thresholdBytes: integerOption(0, GIB, {
    default: 1024,
    about: 'Messages shorter than this are sent as they are.',
    without: 'small messages grow and cost time.',
  }),
  serverContextTakeover: booleanOption({
    default: false,
    about: 'Keep our window from message to message: better ratios, 32 KiB for each connection.',
    without: 'a message for many would have to be compressed for each of them.',
  }),
  clientContextTakeover: booleanOption({
    default: false,
    about: 'Let the client keep its window: 32 KiB for each connection here too.',
    without: 'every idle connection keeps a window.',
  }),
  serverWindowBitsMax: integerOption(8, 15, {
    default: 15,
    about: 'Our window is at most two to the power of this, in bytes.',
    without: 'the window is as large as the client allows.',
  }),
  clientWindowBitsMax: integerOption(8, 15, {
    default: 15,
    about: "The client's window is at most two to the power of this, if it offers to be asked.",
    without: 'the window is as large as the client likes.',
  }),
} as const

export const UPGRADE_OPTIONS = {
  origins: option(
    z
      .union([z.enum(['same-host', 'any']), z.array(z.string().refine((origin) => normaliseOrigin(origin) !== null))])
      .readonly(),
    "'same-host', 'any', or a list of origins such as 'https://app.example.com': scheme and host, no path, no slash at the end",
    {
      default: 'same-host',
      about: 'Which web pages may connect: those of the same host, all, or the ones listed. Others get 403.',
      without: "any web page its user visits can open a connection with that user's cookies.",
    },
  ),
  originRequired: booleanOption({
    default: false,
    about: 'Refuse upgrade requests without an Origin header (403); only browsers send one.',
    without: 'clients that are not browsers may connect, which is usually wanted.',
  }),
  deflate: option(
    z.union([z.boolean(), z.record(z.string(), z.unknown())]),
    'true, false, or an object with its parts',
    {
      default: false,
      about: 'permessage-deflate (RFC 7692) for clients that offer it; true takes the defaults of its parts.',
      without: 'messages go as they are, which costs bytes but no time and no memory.',
    },
  ),
} as const

export const SERVER_OPTIONS = {
  handshakeTimeoutMs: integerOption(10, 5 * MINUTE, {
    default: 10_000,
    about:
      'From the upgrade request to its answer, middleware and upgrade() included; for listen() also the request itself.',
    without: 'a silent peer, or an upgrade() that waits for ever, holds a socket that nobody else ends.',
  }),
  drainWindowMs: integerOption(0, 60 * MINUTE, {
    default: 10_000,
    about: 'drain() spreads the closes of all connections over so long.',
    without: 'all clients come back in the same moment, and the next server meets a storm.',
  }),
  drainTimeoutMs: integerOption(0, 60 * MINUTE, {
    default: 30_000,
    about: 'drain() and close() let what runs finish for so long before they end its connections.',
    without: 'work in progress is cut off, or holds up the stop for ever.',
  }),
  inboxBytesMax: integerOption(64 * 1024, 64 * GIB, {
    default: 256 * 1024 * 1024,
    about:
      'Unfinished and waiting messages of all connections together; the connection that goes over it is ended with 1013.',
    without: '15,000 peers with an unfinished 1 MiB message each take 15 GB.',
  }),
  outboxTotalBytesMax: integerOption(64 * 1024, 64 * GIB, {
    default: 256 * 1024 * 1024,
    about:
      'So much may wait for all slow readers together. When it is spent, the slowest are dealt with first: ended with 1013, or what waits for them is dropped, as their `slow` says. A message that waits for several counts for each.',
    without: '15,000 readers that stop reading take 15 GB, each within its own bound.',
  }),
  connectionsMax: integerOption(0, 10_000_000, {
    default: 0,
    about:
      'So many connections at once, those that open and close included; more are refused with 503. With 0, as many as the limit of the process on open files leaves (Linux); that bound always holds.',
    without: 'a crowd takes all memory, and those who are already here suffer with those who come.',
  }),
  connectionsPerAddressMax: integerOption(0, 10_000_000, {
    default: 0,
    about:
      'So many connections at once of one IPv4 address, or of one IPv6 network of 64 bits; more are refused with 429. 0 is no limit. Behind a proxy, set trustedProxies.',
    without: 'one client can take every place; with it, mind that a large office may share one address.',
  }),
  upgradesPerSecondMax: integerOption(0, 1_000_000, {
    default: 0,
    about:
      'So many upgrade requests are looked at in a second, as many at once; more are refused with 503. 0 is no limit.',
    without: 'when all clients come back together, letting them in takes all the time those who are here need.',
  }),
  upgradeHandlersMax: integerOption(1, 1_000_000, {
    default: 1_000,
    about:
      'So many upgrade handlers (with their middleware) may be waiting for something at once; the rest waits in order.',
    without: 'a storm of clients becomes a storm of requests to whatever the handlers ask.',
  }),
  upgradeQueueMax: integerOption(0, 1_000_000, {
    default: 10_000,
    about: 'So many upgrade requests may wait for upgradeHandlersMax; more are refused with 503.',
    without: 'those who wait pile up until handshakeTimeoutMs.',
  }),
  memoryHeadroomBytes: integerOption(0, 64 * GIB, {
    default: 32 * 1024 * 1024,
    about:
      'While the process can get less memory than this, upgrades are refused with 503; looked at twice a second at most. 0 is off. It looks at what the heap may grow by, and on Linux at what machine or container have left.',
    without: 'the process is killed for want of memory, with everybody in it.',
  }),
  loopDelayMaxMs: integerOption(0, MINUTE, {
    default: 0,
    about: 'While the event loop is later than this, upgrades are refused with 503. 0 is off.',
    without: 'a process that is behind takes on more.',
  }),
  trustedProxies: option(
    z.array(z.string().refine(isAddressRange)).readonly(),
    "a list of IP addresses and ranges such as '10.0.0.0/8' or '2001:db8::/32'",
    {
      default: [],
      about:
        'Proxies whose X-Forwarded-For is believed: the last address in it that is none of these becomes `remoteAddress`. From others it is ignored.',
      without: 'behind a proxy everybody has the address of the proxy; and who believes everybody is told anything.',
    },
  ),
  warnOnly: option(z.array(z.enum(LIMITS)).readonly(), `a list of limits: ${LIMITS.join(', ')}`, {
    default: [],
    about: 'These limits refuse and end nothing: they are only counted and announced (event `limit`), to try them out.',
    without: 'the first time a new limit is tried is in earnest.',
  }),
  reclaim: booleanOption({
    default: true,
    about:
      'When 1,000 connections (and a tenth of all) have come or gone and it is calm again, have the heap collected so that its empty pages go back to the machine; at most once in 30 seconds.',
    without: 'a process keeps most of the memory of a wave of connections long after it has passed.',
  }),
  reclaimPauseMaxMs: integerOption(1, MINUTE, {
    default: 100,
    about:
      'A reclaim that is expected to stop the process for longer than this is not done; it is counted and announced.',
    without: 'a process with a large heap of its own would stop for as long as that heap takes.',
  }),
  ...UPGRADE_OPTIONS,
  ...CONNECTION_OPTIONS,
} as const

export const ROUTE_OPTIONS = {
  protocols: option(
    z.array(z.string().regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/)).readonly(),
    'a list of subprotocol names',
    {
      default: [],
      about:
        "Subprotocols this route speaks, best first. A client that offers some, but none of these, gets 400; one that offers none is let in with protocol ''.",
      without: 'no subprotocol is agreed on, and browsers that ask for one fail.',
    },
  ),
  ...UPGRADE_OPTIONS,
  ...CONNECTION_OPTIONS,
} as const

export type ServerOptions = Options<typeof SERVER_OPTIONS>
export type ServerOptionsInput = OptionsInput<typeof SERVER_OPTIONS>
export type RouteOptions = Options<typeof ROUTE_OPTIONS>
export type RouteOptionsInput = OptionsInput<typeof ROUTE_OPTIONS>

/** The parts of `deflate`, or null when it is off. @throws HoldfastError for a part that is unknown or out of range */
export function readDeflate(where: string, value: ServerOptions['deflate']): DeflateOptions | null {
  if (value === false) return null
  return readOptions(`${where}: deflate`, DEFLATE_OPTIONS, value === true ? {} : value)
}
