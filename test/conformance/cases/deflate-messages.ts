/**
 * Compressed messages: the examples of RFC 7692 section 7.2.3, sizes, fragments, plain ones between
 * (sections 6 and 7.2; Autobahn 12.x and 13.x). A table; owned by all-cases.ts; nothing to end.
 */
import {
  echoBinary,
  echoText,
  expects,
  type FrameCase,
  fails,
  message,
  type Profile,
  passes,
  pongOf,
  type Step,
  send,
  sendApart,
  sendChunks,
} from '../cases.ts'
import { binary, continuation, fragments, OPCODE, ping, RSV, text } from '../frames.ts'
import { ascii, json, noise, utf8 } from '../samples.ts'

const PROFILES = ['deflate', 'deflate-takeover'] as const satisfies readonly Profile[]
const OFFER = 'permessage-deflate'
const rsv = RSV.rsv1

function hex(bytes: string): Buffer {
  return Buffer.from(bytes.replaceAll(' ', ''), 'hex')
}

const HELLO = hex('f2 48 cd c9 c9 07 00')

function onBoth(build: (on: (typeof PROFILES)[number]) => readonly FrameCase[]): FrameCase[] {
  return PROFILES.flatMap((on) => build(on))
}

const EXAMPLES: readonly (readonly [string, string, string])[] = [
  ['7.2.3.1', 'f2 48 cd c9 c9 07 00', 'one compressed block'],
  ['7.2.3.3', '00 05 00 fa ff 48 65 6c 6c 6f 00', 'a block that is not compressed'],
  ['7.2.3.4', 'f3 48 cd c9 c9 07 00 00', 'a block with BFINAL'],
  ['7.2.3.5', 'f2 48 05 00 00 00 ff ff ca c9 c9 07 00', 'two blocks'],
]

const examples: FrameCase[] = onBoth((on) => [
  ...EXAMPLES.flatMap(([section, bytes, about]) => {
    const extra = { on, offer: OFFER }
    return [
      passes(
        `deflate.example.${on}.${section}`,
        `"Hello": ${about}`,
        `7692 ${section}`,
        [send(text(hex(bytes), { rsv })), expects(echoText('Hello'))],
        extra,
      ),
      passes(
        `deflate.example.${on}.${section}.then-another`,
        `the same, then a plain and a compressed one`,
        `7692 ${section}`,
        [
          send(text(hex(bytes), { rsv }), text('plain'), text(HELLO, { rsv })),
          expects(echoText('Hello'), echoText('plain'), echoText('Hello')),
        ],
        extra,
      ),
      passes(
        `deflate.example.${on}.${section}.bytewise`,
        `the same, byte by byte`,
        `7692 ${section}`,
        [sendChunks(1, text(hex(bytes), { rsv })), expects(echoText('Hello'))],
        extra,
      ),
    ]
  }),
  passes(
    `deflate.example.${on}.7.2.3.1.fragments`,
    '"Hello" in two fragments',
    '7692 7.2.3.1',
    [send(...fragments(OPCODE.text, [HELLO.subarray(0, 3), HELLO.subarray(3)], rsv)), expects(echoText('Hello'))],
    { on, offer: OFFER },
  ),
  passes(
    `deflate.example.${on}.7.2.3.6`,
    'an empty message is the byte 0',
    '7692 7.2.3.6',
    [send(text(Buffer.from([0]), { rsv }), binary(Buffer.from([0]), { rsv })), expects(echoText(''), echoBinary(''))],
    { on, offer: OFFER },
  ),
])

const takeover: FrameCase[] = [
  passes(
    'deflate.example.takeover.7.2.3.2',
    'a second "Hello" that refers to the first',
    '7692 7.2.3.2',
    [send(text(HELLO, { rsv }), text(hex('f2 00 11 00 00'), { rsv })), expects(echoText('Hello'), echoText('Hello'))],
    { on: 'deflate-takeover', offer: OFFER },
  ),
  fails(
    'deflate.no-takeover.back-reference',
    'after client_no_context_takeover nothing may refer back',
    '7692 7.1.1.2',
    [1002, 1007],
    [send(text(HELLO, { rsv }), text(hex('f2 00 11 00 00'), { rsv })), expects(echoText('Hello'))],
    { on: 'deflate', offer: `${OFFER}; client_no_context_takeover` },
  ),
  passes(
    'deflate.takeover.plain-between',
    'plain messages are no part of the context',
    '7692 7.2.1',
    [
      send(text(HELLO, { rsv }), text('xxxxx'), text(hex('f2 00 11 00 00'), { rsv })),
      expects(echoText('Hello'), echoText('xxxxx'), echoText('Hello')),
    ],
    { on: 'deflate-takeover', offer: OFFER },
  ),
]

const SIZES = [1, 16, 64, 125, 126, 256, 1024, 4096, 8192, 16_384, 32_768, 65_536, 131_072]
const KINDS: Readonly<Record<string, { kind: 'text' | 'binary'; make: (bytes: number) => Buffer }>> = {
  json: { kind: 'text', make: json },
  utf8: { kind: 'text', make: utf8 },
  noise: { kind: 'binary', make: noise },
  zeros: { kind: 'binary', make: (bytes) => Buffer.alloc(bytes) },
}

const sizes: FrameCase[] = onBoth((on) =>
  SIZES.flatMap((bytes) =>
    Object.entries(KINDS).map(([name, { kind, make }]) =>
      passes(
        `deflate.size.${on}.${name}.${bytes}`,
        `ten messages of ${bytes} bytes, ${name}`,
        '7692 7.2',
        () => {
          const payload = make(bytes)
          const round: Step[] = [send(message(kind, payload)), expects({ kind, payload })]
          return Array.from({ length: 10 }, () => round).flat()
        },
        { on, offer: OFFER },
      ),
    ),
  ),
)

const fragmented: FrameCase[] = onBoth((on) =>
  [1, 2, 3, 7, 64, 1000].flatMap((fragmentBytes) =>
    Object.entries(KINDS).map(([name, { kind, make }]) =>
      passes(
        `deflate.fragments.${on}.${name}.${fragmentBytes}`,
        `compressed ${name}, ${fragmentBytes} bytes a fragment`,
        '7692 6.1',
        () => {
          const payload = make(700)
          return [
            send(message(kind, payload, { fragmentBytes }), ping('between')),
            expects({ kind, payload }, pongOf('between')),
          ]
        },
        { on, offer: OFFER },
      ),
    ),
  ),
)

const large: FrameCase[] = onBoth((on) =>
  Object.entries(KINDS).map(([name, { kind, make }]) =>
    passes(
      `deflate.large.${on}.${name}.4M`,
      `4 MiB of ${name}, compressed`,
      '7692 7.2',
      () => {
        const payload = make(4 * 1024 * 1024)
        return [send(message(kind, payload, { fragmentBytes: 65_536 })), expects({ kind, payload })]
      },
      { on, offer: OFFER, large: true },
    ),
  ),
)

const mixed: FrameCase[] = onBoth((on) => [
  passes(
    `deflate.plain.${on}`,
    'messages that are not compressed although it is agreed',
    '7692 6',
    [
      send(text('plain'), binary(noise(300)), ...fragments(OPCODE.text, ['pl', '', 'ain']), text('')),
      expects(echoText('plain'), echoBinary(noise(300)), echoText('plain'), echoText('')),
    ],
    { on, offer: OFFER },
  ),
  passes(
    `deflate.mixed.${on}`,
    'compressed and plain in turn',
    '7692 6',
    [
      send(
        message('text', ascii(500)),
        text('plain'),
        message('binary', ascii(500)),
        binary('plain'),
        message('text', ascii(500)),
      ),
      expects(
        echoText(ascii(500)),
        echoText('plain'),
        echoBinary(ascii(500)),
        echoBinary('plain'),
        echoText(ascii(500)),
      ),
    ],
    { on, offer: OFFER },
  ),
  passes(
    `deflate.ping-between.${on}`,
    'a ping between compressed fragments',
    '7692 6.1',
    [
      send(text(HELLO.subarray(0, 3), { rsv, fin: false }), ping('now')),
      expects(pongOf('now')),
      send(continuation(HELLO.subarray(3))),
      expects(echoText('Hello')),
    ],
    { on, offer: OFFER },
  ),
  passes(
    `deflate.empty-fragments.${on}`,
    'empty fragments around compressed data',
    '7692 6.1',
    [
      sendApart(...fragments(OPCODE.text, ['', HELLO.subarray(0, 3), '', HELLO.subarray(3), ''], rsv)),
      expects(echoText('Hello')),
    ],
    { on, offer: OFFER },
  ),
  ...[1, 2, 3, 997].map((chunkBytes) =>
    passes(
      `deflate.chunks.${on}.${chunkBytes}`,
      `compressed messages in chunks of ${chunkBytes}`,
      '7692 7.2.2',
      [
        sendChunks(chunkBytes, message('text', json(900)), message('binary', noise(900)), message('text', json(900))),
        expects(echoText(json(900)), echoBinary(noise(900)), echoText(json(900))),
      ],
      { on, offer: OFFER },
    ),
  ),
  passes(
    `deflate.many.${on}`,
    '200 compressed messages in one chunk come back in order',
    '7692 7.2',
    () => {
      const words = Array.from({ length: 200 }, (_, index) => `message number ${index} of two hundred`)
      return [send(...words.map((word) => message('text', word))), expects(...words.map(echoText))]
    },
    { on, offer: OFFER },
  ),
])

export const compressionCases: readonly FrameCase[] = [
  ...examples,
  ...takeover,
  ...sizes,
  ...fragmented,
  ...large,
  ...mixed,
]
