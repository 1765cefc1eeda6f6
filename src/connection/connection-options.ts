/**
 * The options of a connection: given to the server for all routes, or to one route for its own.
 * Constants; `docs/reference/options.md` is generated from them.
 */
import { z } from 'zod'
import { integerOption, type Options, type OptionsInput, option } from '../base/options.ts'
import type { LatestKey } from './backlog.ts'
import type { Message } from './message-bytes.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const GIB = 1024 ** 3

const LATEST_BY = z.custom<(message: Message) => LatestKey | undefined>((value) => typeof value === 'function')
const SLOW = z.union([z.enum(['end', 'drop-oldest', 'drop-newest']), z.strictObject({ latestBy: LATEST_BY })])

export const CONNECTION_OPTIONS = {
  keepaliveIntervalMs: integerOption(50, HOUR, {
    default: 10_000,
    about: 'A ping goes out when nothing was received for so long, or for half of idleTimeoutMs if that is shorter.',
    without: 'proxies close quiet connections, and a vanished peer is only noticed when a write fails.',
  }),
  idleTimeoutMs: integerOption(100, 24 * HOUR, {
    default: 60_000,
    about: 'A connection from which nothing at all was received for so long, not even a pong, is ended with 1001.',
    without: 'half-open connections stay for ever, each with its socket, its rooms and its data.',
  }),
  handlerTimeoutMs: integerOption(10, HOUR, {
    default: 30_000,
    about:
      'A handler whose promise is still pending after so long is reported and its signal aborts; closeTimeoutMs later the connection is ended with 1011.',
    without: 'one promise that never settles stops a connection for ever, with its queue.',
  }),
  handlerQueueMax: integerOption(1, 100_000, {
    default: 64,
    about: 'So many messages may wait behind a running handler; then reading stops and TCP pushes back.',
    without: 'a fast sender fills the memory of a slow handler.',
  }),
  closeTimeoutMs: integerOption(10, 5 * MINUTE, {
    default: 5_000,
    about: 'How long the closing handshake may take before the socket is destroyed.',
    without: 'a peer that never answers a close frame keeps its socket.',
  }),
  messageTimeoutMs: integerOption(10, HOUR, {
    default: 30_000,
    about: 'From the first to the last byte of a message; a slower one ends the connection with 1008.',
    without: 'a peer that sends one byte a minute holds the memory of an unfinished message.',
  }),
  messageBytesMax: integerOption(1, GIB, {
    default: 1024 * 1024,
    about: 'The longest message, also after inflating; a longer one ends the connection with 1009 before it is read.',
    without: 'one peer can ask for all memory.',
  }),
  fragmentsMax: integerOption(1, 1_000_000, {
    default: 1_024,
    about: 'A message may come in so many fragments, empty ones included; more end the connection with 1008.',
    without: 'millions of tiny fragments cost far more than the bytes they carry (CVE-2026-48779 in another library).',
  }),
  controlFramesPerSecondMax: integerOption(1, 1_000_000, {
    default: 100,
    about: 'So many pings and pongs a peer may send in a second; more end the connection with 1008.',
    without: 'a flood of pings makes the server write a flood of pongs.',
  }),
  messagesPerSecondMax: integerOption(0, 10_000_000, {
    default: 0,
    about:
      'So many messages a peer may send in a second, as many at once; more end the connection with 1008. 0 is no limit. Time in which we did not read counts in full.',
    without: 'one peer can keep the handlers of a whole process busy.',
  }),
  receivedBytesPerSecondMax: integerOption(0, 64 * GIB, {
    default: 0,
    about:
      'So many bytes a peer may send in a second, as many at once, with the headers of their frames; more end the connection with 1008. 0 is no limit. Time in which we did not read counts in full.',
    without: 'one peer can take the whole line.',
  }),
  outboxBytesMax: integerOption(1_024, GIB, {
    default: 1024 * 1024,
    about: 'So many bytes, and one message more, may wait for a slow reader; `slow` says what happens to the next.',
    without: 'what is sent to a peer that does not read piles up in memory.',
  }),
  slow: option(SLOW, "'end', 'drop-oldest', 'drop-newest', or { latestBy: (message) => key }", {
    default: 'end',
    about:
      "What happens to a reader whose outbox is full: 'end' ends the connection with 1008, 'drop-newest' drops the message and send() says so, 'drop-oldest' drops those that wait longest. With `latestBy`, a message takes the place of one that waits and has the same key (a string or number; undefined: no key), and beyond the bound the oldest go.",
    without: 'nobody decides, and memory does.',
  }),
  roomsMax: integerOption(1, 1_000_000, {
    default: 256,
    about: 'So many rooms a connection may be in at once; beyond it join() changes nothing and returns false.',
    without: 'a client that chooses the names of its rooms makes as many as it likes.',
  }),
  tcpKeepaliveMs: integerOption(0, 24 * HOUR, {
    default: 60_000,
    about: 'The kernel probes a silent connection after so long, beside our own pings; 0 turns its probes off.',
    without: 'nothing as long as our pings run: it is the second net.',
  }),
} as const

export type ConnectionOptions = Options<typeof CONNECTION_OPTIONS>
export type ConnectionOptionsInput = OptionsInput<typeof CONNECTION_OPTIONS>
