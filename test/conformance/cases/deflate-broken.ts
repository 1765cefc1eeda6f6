/**
 * RSV1 where it may not stand, and data that does not inflate (RFC 7692 sections 6 and 7.2.2).
 * A table; owned by all-cases.ts; nothing to end.
 */
import { deflateRawSync } from 'node:zlib'
import { echoText, expects, type FrameCase, fails, type Profile, send, sendApart } from '../cases.ts'
import { binary, close, continuation, fragments, OPCODE, ping, RSV, text } from '../frames.ts'
import { noise } from '../samples.ts'

const PROFILES = ['deflate', 'deflate-takeover'] as const satisfies readonly Profile[]
const OFFER = 'permessage-deflate'
const rsv = RSV.rsv1

function hex(bytes: string): Buffer {
  return Buffer.from(bytes.replaceAll(' ', ''), 'hex')
}

const HELLO = hex('f2 48 cd c9 c9 07 00')

/** Refers 30,000 bytes back, which no message here has sent. */
const FAR_REFERENCE = deflateRawSync(noise(100, 5), { dictionary: Buffer.concat([noise(100, 5), noise(30_000, 6)]) })

/** Each is an error for any inflater, wherever the message ends. */
export const CORRUPT: Readonly<Record<string, Buffer>> = {
  'reserved-block-type': hex('06 00 00'),
  'reserved-block-type-final': hex('07 00 00'),
  'all-ones': Buffer.alloc(20, 0xff),
  'stored-length-mismatch': hex('00 05 00 fa fe 48 65 6c 6c 6f 00'),
  'distance-before-start': FAR_REFERENCE,
  'bad-code-lengths': hex('fc 00 00'),
  'garbage-after-good-block': hex('f2 48 cd c9 c9 07 00 00 00 ff ff 06 00'),
}

export const brokenCases: readonly FrameCase[] = PROFILES.flatMap((on) => [
  fails(
    `deflate.rsv1.${on}.continuation`,
    'RSV1 on a continuation of a compressed message',
    '7692 6.1',
    1002,
    [send(text(HELLO.subarray(0, 3), { rsv, fin: false }), continuation(HELLO.subarray(3), { rsv }))],
    { on, offer: OFFER },
  ),
  fails(
    `deflate.rsv1.${on}.continuation-of-plain`,
    'RSV1 only on the continuation',
    '7692 6.1',
    1002,
    [send(text('hel', { fin: false }), continuation(HELLO, { rsv }))],
    { on, offer: OFFER },
  ),
  fails(
    `deflate.rsv1.${on}.middle-continuation`,
    'RSV1 on the middle one of three',
    '7692 6.1',
    1002,
    [send(text(HELLO.subarray(0, 3), { rsv, fin: false }), continuation(HELLO.subarray(3, 5), { rsv, fin: false }))],
    { on, offer: OFFER },
  ),
  fails(
    `deflate.rsv1.${on}.ping-between`,
    'RSV1 on a ping between compressed fragments',
    '7692 6',
    1002,
    [send(text(HELLO.subarray(0, 3), { rsv, fin: false }), ping('x', { rsv }))],
    { on, offer: OFFER },
  ),
  fails(
    `deflate.rsv1.${on}.close`,
    'RSV1 on a close frame after a message',
    '7692 6',
    1002,
    [send(text(HELLO, { rsv })), expects(echoText('Hello')), send(close(1000, '', { rsv }))],
    { on, offer: OFFER },
  ),
  ...Object.entries(CORRUPT).flatMap(([name, bytes]) => [
    fails(
      `deflate.corrupt.${on}.${name}`,
      `does not inflate: ${bytes.toString('hex').slice(0, 24)}`,
      '7692 7.2.2',
      [1002, 1007],
      [send(binary(bytes, { rsv }))],
      { on, offer: OFFER },
    ),
    fails(
      `deflate.corrupt.${on}.${name}.after-message`,
      'the same after a good message',
      '7692 7.2.2',
      [1002, 1007],
      [send(text(HELLO, { rsv }), binary(bytes, { rsv })), expects(echoText('Hello'))],
      { on, offer: OFFER },
    ),
    fails(
      `deflate.corrupt.${on}.${name}.fragments`,
      'the same, one fragment a byte',
      '7692 7.2.2',
      [1002, 1007],
      [
        sendApart(
          ...fragments(
            OPCODE.text,
            [...bytes].map((byte) => Buffer.from([byte])),
            rsv,
          ),
        ),
      ],
      { on, offer: OFFER },
    ),
  ]),
])
