/**
 * Every length form of a frame, masks, and lengths that are not allowed (RFC 6455 sections 5.1 to 5.3; Autobahn 1.x).
 * A table; owned by all-cases.ts; nothing to end.
 */
import { echoBinary, echoText, expects, type FrameCase, fails, passes, send, sendApart, sendChunks } from '../cases.ts'
import { binary, continuation, type Frame, type FrameOptions, frame, OPCODE, ping, text } from '../frames.ts'
import { ascii, noise, utf8 } from '../samples.ts'

const LENGTHS = [0, 1, 2, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65, 123, 124, 125, 126, 127, 128, 129, 255, 256, 257]
const LONG_LENGTHS = [1023, 1024, 4095, 4096, 8191, 8192, 32767, 32768, 65534, 65535, 65536, 65537, 100_000, 131_072]

const everyLength: FrameCase[] = [...LENGTHS, ...LONG_LENGTHS].flatMap((length) => [
  passes(`frame.length.${length}.text`, `a text message of ${length} bytes`, '6455 5.2', () => [
    send(text(utf8(length))),
    expects(echoText(utf8(length))),
  ]),
  passes(`frame.length.${length}.binary`, `a binary message of ${length} bytes`, '6455 5.2', () => [
    send(binary(noise(length))),
    expects(echoBinary(noise(length))),
  ]),
])

const inChunks: FrameCase[] = [0, 125, 126, 127, 128, 65535, 65536].flatMap((length) =>
  (['text', 'binary'] as const).map((kind) => {
    const payload = kind === 'text' ? ascii(length) : noise(length)
    const sent = kind === 'text' ? text(payload) : binary(payload)
    return passes(
      `frame.length.${length}.${kind}.chunks-997`,
      `${kind}, ${length} bytes, in chunks`,
      '6455 5.2',
      () => [sendChunks(997, sent), expects({ kind, payload })],
    )
  }),
)

const MASKS: readonly (readonly [string, [number, number, number, number]])[] = [
  ['zero', [0, 0, 0, 0]],
  ['ones', [255, 255, 255, 255]],
  ['one-byte', [0, 0, 0, 1]],
  ['high-bit', [128, 0, 0, 0]],
  ['rfc-example', [0x37, 0xfa, 0x21, 0x3d]],
]

const masks: FrameCase[] = MASKS.flatMap(([name, maskKey]) =>
  [5, 130, 70_001].map((length) =>
    passes(`frame.mask.${name}.${length}`, `${length} bytes with the mask ${maskKey.join(' ')}`, '6455 5.3', () => [
      send(binary(noise(length, 7), { maskKey })),
      expects(echoBinary(noise(length, 7))),
    ]),
  ),
)

const unaligned: FrameCase[] = [1, 2, 3, 4, 5, 6, 7].map((shift) =>
  passes(
    `frame.mask.after-${shift}-bytes`,
    `a large frame that starts ${shift} bytes off in its chunk`,
    '6455 5.3',
    () => [
      send(text(ascii(shift)), binary(noise(5000 + shift)), binary(noise(5000 - shift))),
      expects(echoText(ascii(shift)), echoBinary(noise(5000 + shift)), echoBinary(noise(5000 - shift))),
    ],
  ),
)

const NOT_MINIMAL: readonly (readonly [number, FrameOptions['lengthForm']])[] = [
  [0, '16 bit'],
  [5, '16 bit'],
  [125, '16 bit'],
  [0, '64 bit'],
  [125, '64 bit'],
  [126, '64 bit'],
  [65535, '64 bit'],
]

const notMinimal: FrameCase[] = NOT_MINIMAL.flatMap(([length, lengthForm = '64 bit']) =>
  ([OPCODE.text, OPCODE.binary] as const).map((opcode) =>
    fails(
      `frame.not-minimal.${length}.${lengthForm.replace(' ', '-')}.opcode-${opcode}`,
      `${length} bytes with the length in the ${lengthForm} form`,
      '6455 5.2: the minimal number of bytes MUST be used',
      1002,
      () => [send(frame(opcode, ascii(length), { lengthForm }))],
    ),
  ),
)

const UNMASKED: readonly (readonly [string, Frame])[] = [
  ['text', text('hello', { maskKey: null })],
  ['text-empty', text('', { maskKey: null })],
  ['binary', binary('hello', { maskKey: null })],
  ['binary-126', binary(noise(126), { maskKey: null })],
  ['binary-65536', binary(noise(65536), { maskKey: null })],
  ['ping', ping('hello', { maskKey: null })],
  ['pong', frame(OPCODE.pong, 'hello', { maskKey: null })],
  ['close', frame(OPCODE.close, Buffer.from([0x03, 0xe8]), { maskKey: null })],
  ['close-empty', frame(OPCODE.close, '', { maskKey: null })],
]

const unmasked: FrameCase[] = [
  ...UNMASKED.map(([name, sent]) =>
    fails(`frame.unmasked.${name}`, `an unmasked ${name} frame`, '6455 5.1', 1002, [send(sent)]),
  ),
  fails('frame.unmasked.continuation', 'a continuation that is not masked', '6455 5.1', 1002, [
    send(text('hel', { fin: false }), continuation('lo', { maskKey: null })),
  ]),
  fails('frame.unmasked.after-a-message', 'a good message, then an unmasked one', '6455 5.1', 1002, [
    sendApart(text('good'), text('bad', { maskKey: null })),
    expects(echoText('good')),
  ]),
]

const HUGE: readonly (readonly [string, bigint])[] = [
  ['2-63', 1n << 63n],
  ['2-63-and-5', (1n << 63n) + 5n],
  ['2-64-minus-1', (1n << 64n) - 1n],
]

const huge: FrameCase[] = [
  ...HUGE.flatMap(([name, claimedBytes]) =>
    [OPCODE.text, OPCODE.binary].map((opcode) =>
      fails(
        `frame.top-bit.${name}.opcode-${opcode}`,
        'a 64-bit length whose most significant bit is 1',
        '6455 5.2: the most significant bit MUST be 0',
        [1002, 1009],
        [send(frame(opcode, 'hello', { claimedBytes, lengthForm: '64 bit' }))],
      ),
    ),
  ),
  ...[33n, 40n, 53n, 54n, 62n].map((bits) =>
    fails(`frame.too-big.2-${bits}`, `a frame that claims 2^${bits} bytes is refused at its head`, '6455 10.4', 1009, [
      send(binary('hello', { claimedBytes: 1n << bits, lengthForm: '64 bit' })),
    ]),
  ),
]

export const framingCases: readonly FrameCase[] = [
  ...everyLength,
  ...inChunks,
  ...masks,
  ...unaligned,
  ...notMinimal,
  ...unmasked,
  ...huge,
]
