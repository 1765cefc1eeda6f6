/**
 * The size limit of a message: exactly at it, one byte beyond, at the head, summed over fragments, after inflating
 * (RFC 6455 section 10.4, close code 1009). Run against servers with a limit of 1,024 bytes.
 * A table; owned by all-cases.ts; nothing to end.
 */
import {
  echoBinary,
  echoText,
  expects,
  type FrameCase,
  fails,
  message,
  passes,
  pongOf,
  send,
  sendApart,
} from '../cases.ts'
import { binary, continuation, cut, fragments, OPCODE, ping, text } from '../frames.ts'
import { ascii, noise, utf8 } from '../samples.ts'

export const LIMIT_BYTES = 1024
const RFC = '6455 7.4.1, 10.4'
const plain = { on: 'limits' as const }
const deflated = { on: 'deflate-limits' as const, offer: 'permessage-deflate' }

const frames: FrameCase[] = [
  passes(
    'limit.text.at',
    'a text of exactly the limit',
    RFC,
    [send(text(utf8(1024))), expects(echoText(utf8(1024)))],
    plain,
  ),
  passes(
    'limit.binary.at',
    'binary of exactly the limit',
    RFC,
    [send(binary(noise(1024))), expects(echoBinary(noise(1024)))],
    plain,
  ),
  passes(
    'limit.twice-at',
    'the limit is per message',
    RFC,
    [send(binary(noise(1024)), binary(noise(1024))), expects(echoBinary(noise(1024)), echoBinary(noise(1024)))],
    plain,
  ),
  passes(
    'limit.fragments.at',
    'fragments that add up to exactly the limit',
    RFC,
    [send(...fragments(OPCODE.binary, cut(noise(1024), 100))), expects(echoBinary(noise(1024)))],
    plain,
  ),
  passes(
    'limit.fragments.at.pings',
    'pings do not count',
    RFC,
    [
      send(binary(noise(1000), { fin: false }), ping(ascii(125)), continuation(noise(24))),
      expects(pongOf(ascii(125)), echoBinary(Buffer.concat([noise(1000), noise(24)]))),
    ],
    plain,
  ),
  fails('limit.text.beyond', 'a text of one byte more', RFC, 1009, [send(text(ascii(1025)))], plain),
  fails('limit.binary.beyond', 'binary of one byte more', RFC, 1009, [send(binary(noise(1025)))], plain),
  fails('limit.binary.far-beyond', '64 KiB', RFC, 1009, [send(binary(noise(65_536)))], plain),
  fails('limit.head-only', 'the head is enough', RFC, 1009, [send(binary('', { claimedBytes: 1025n }))], plain),
  fails(
    'limit.head-only.64-bit',
    'the head of a frame of 70,000 bytes is enough',
    RFC,
    1009,
    [send(text('', { claimedBytes: 70_000n }))],
    plain,
  ),
  fails(
    'limit.fragments.beyond',
    'fragments that add up to one byte more',
    RFC,
    1009,
    [sendApart(...fragments(OPCODE.text, cut(ascii(1025), 205)))],
    plain,
  ),
  fails(
    'limit.fragments.head-only',
    'the head of the fragment that would go beyond is enough',
    RFC,
    1009,
    [send(text(ascii(1000), { fin: false }), continuation('', { claimedBytes: 25n }))],
    plain,
  ),
  fails(
    'limit.after-message',
    'a good message, then one too big',
    RFC,
    1009,
    [send(text('good'), text(ascii(2000))), expects(echoText('good'))],
    plain,
  ),
]

const inflated: FrameCase[] = [
  passes(
    'limit.deflate.at',
    'inflates to exactly the limit',
    '7692 8, 6455 10.4',
    [send(message('text', ascii(1024))), expects(echoText(ascii(1024)))],
    deflated,
  ),
  fails(
    'limit.deflate.beyond',
    'inflates to one byte more',
    '7692 8, 6455 10.4',
    1009,
    [send(message('text', ascii(1025)))],
    deflated,
  ),
  fails(
    'limit.deflate.bomb',
    '10 MiB of zeros in 10 KiB, in fragments below the limit',
    '7692 8, 6455 10.4',
    1009,
    () => [send(message('binary', Buffer.alloc(10 * 1024 * 1024), { fragmentBytes: 200 }))],
    deflated,
  ),
  fails(
    'limit.deflate.bomb.small',
    '500,000 zeros in 500 bytes',
    '7692 8, 6455 10.4',
    1009,
    () => [send(message('binary', Buffer.alloc(500_000)))],
    deflated,
  ),
  fails(
    'limit.deflate.fragments',
    'inflates beyond the limit only with its last fragment',
    '7692 8, 6455 10.4',
    1009,
    () => [send(message('binary', noise(1030).fill(0, 0, 500), { fragmentBytes: 100 }))],
    deflated,
  ),
  fails(
    'limit.deflate.plain',
    'a plain message beyond the limit',
    RFC,
    1009,
    [send(message('text', ascii(1025), { compressed: false }))],
    deflated,
  ),
]

export const limitCases: readonly FrameCase[] = [...frames, ...inflated]
