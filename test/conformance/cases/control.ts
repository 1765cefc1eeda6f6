/**
 * Pings, pongs, reserved bits and reserved opcodes (RFC 6455 sections 5.2 and 5.5; Autobahn 2.x to 4.x).
 * A table; owned by all-cases.ts; nothing to end.
 */
import {
  type Expected,
  echoText,
  expects,
  type FrameCase,
  fails,
  type Profile,
  passes,
  pongOf,
  send,
  sendApart,
  sendChunks,
} from '../cases.ts'
import { binary, close, continuation, type Frame, frame, ping, pong, text } from '../frames.ts'
import { ascii, noise } from '../samples.ts'

/** Nine sizes a connection, so that no rate limit of control frames is touched. */
const pingSizes: FrameCase[] = Array.from({ length: 14 }, (_, row) => {
  const sizes = Array.from({ length: 9 }, (_, column) => row * 9 + column)
  return passes(`ping.size.${sizes[0]}-${sizes.at(-1)}`, 'pings of these sizes come back as pongs', '6455 5.5.2', () =>
    sizes.flatMap((size) => [send(ping(noise(size, size + 1))), expects(pongOf(noise(size, size + 1)))]),
  )
})

const TOO_LONG = [126, 127, 65535, 65536]
const CONTROL = { close: 8, ping: 9, pong: 10 } as const

const tooLong: FrameCase[] = Object.entries(CONTROL).flatMap(([name, opcode]) => [
  ...TOO_LONG.map((size) =>
    fails(`${name}.too-long.${size}`, `a ${name} frame of ${size} bytes`, '6455 5.5', 1002, () => [
      send(frame(opcode, opcode === 8 ? Buffer.concat([Buffer.from([3, 232]), ascii(size - 2)]) : ascii(size))),
    ]),
  ),
  fails(`${name}.too-long.head-only`, `the head of a ${name} frame of 126 bytes is enough`, '6455 5.5', 1002, [
    send(frame(opcode, '', { claimedBytes: 126n })),
  ]),
  fails(`${name}.not-minimal`, `a ${name} frame of 2 bytes with a 16-bit length`, '6455 5.2, 5.5', 1002, [
    send(frame(opcode, Buffer.from([3, 232]), { lengthForm: '16 bit' })),
  ]),
])

const TEN = Array.from({ length: 10 }, (_, index) => `payload-${index}`)

const pings: FrameCase[] = [
  passes('ping.empty', 'a ping without payload', '6455 5.5.2', [send(ping()), expects(pongOf())]),
  passes('ping.binary', 'a ping whose payload is not UTF-8', '6455 5.5.2', [
    send(ping(Buffer.from([0, 255, 254, 253, 252, 251, 0, 255]))),
    expects(pongOf(Buffer.from([0, 255, 254, 253, 252, 251, 0, 255]))),
  ]),
  passes('ping.ten.one-chunk', 'ten pings in one chunk are answered in order', '6455 5.5.3', [
    send(...TEN.map((word) => ping(word))),
    expects(...TEN.map((word) => pongOf(word))),
  ]),
  passes('ping.ten.apart', 'ten pings in ten chunks', '6455 5.5.3', [
    sendApart(...TEN.map((word) => ping(word))),
    expects(...TEN.map((word) => pongOf(word))),
  ]),
  passes('ping.ten.bytewise', 'ten pings, byte by byte', '6455 5.5.3', [
    sendChunks(1, ...TEN.map((word) => ping(word))),
    expects(...TEN.map((word) => pongOf(word))),
  ]),
  passes('ping.125.bytewise', 'a ping of 125 bytes, byte by byte', '6455 5.5.2', [
    sendChunks(1, ping(ascii(125))),
    expects(pongOf(ascii(125))),
  ]),
  passes('ping.then-text', 'a ping, then a text, in two turns', '6455 5.5.2', [
    send(ping('first')),
    expects(pongOf('first')),
    send(text('second')),
    expects(echoText('second')),
  ]),
  passes('pong.unsolicited', 'a pong nobody asked for is ignored', '6455 5.5.3', [send(pong('hello'))]),
  passes('pong.unsolicited.empty', 'an empty pong nobody asked for', '6455 5.5.3', [send(pong())]),
  passes('pong.unsolicited.125', 'a pong of 125 bytes nobody asked for', '6455 5.5.3', [send(pong(noise(125)))]),
  passes('pong.unsolicited.then-ping', 'a pong nobody asked for, then a ping', '6455 5.5.3', [
    send(pong('unasked'), ping('asked')),
    expects(pongOf('asked')),
  ]),
  passes('pong.unsolicited.ten', 'ten pongs nobody asked for, then a text', '6455 5.5.3', [
    send(...TEN.map((word) => pong(word)), text('still here')),
    expects(echoText('still here')),
  ]),
  passes('ping.before-close', 'a ping and a close in one chunk: the pong comes first', '6455 5.5.2', [
    send(ping('last')),
    expects(pongOf('last')),
  ]),
]

const BITS: readonly (readonly [string, number])[] = [
  ['rsv1', 0x40],
  ['rsv2', 0x20],
  ['rsv3', 0x10],
  ['rsv12', 0x60],
  ['rsv13', 0x50],
  ['rsv23', 0x30],
  ['rsv123', 0x70],
]

function framesWith(rsv: number): readonly (readonly [string, Frame])[] {
  return [
    ['text', text('hello', { rsv })],
    ['text-empty', text('', { rsv })],
    ['binary', binary('hello', { rsv })],
    ['ping', ping('hello', { rsv })],
    ['pong', pong('hello', { rsv })],
    ['close', close(1000, '', { rsv })],
  ]
}

const reservedBits: FrameCase[] = BITS.flatMap(([name, rsv]) => [
  ...framesWith(rsv).map(([kind, sent]) =>
    fails(`reserved.${name}.${kind}`, `${name} on a ${kind} frame without an extension`, '6455 5.2', 1002, [
      send(sent),
    ]),
  ),
  fails(`reserved.${name}.continuation`, `${name} on a continuation`, '6455 5.2', 1002, [
    send(text('hel', { fin: false }), continuation('lo', { rsv })),
  ]),
  fails(`reserved.${name}.after-message`, `a message, then ${name}, then a ping: no pong`, '6455 5.2', 1002, [
    send(text('good'), text('bad', { rsv }), ping()),
    expects(echoText('good')),
  ]),
  fails(`reserved.${name}.bytewise`, `a message, then ${name}, byte by byte`, '6455 5.2', 1002, [
    sendChunks(1, text('good'), text('bad', { rsv })),
    expects(echoText('good')),
  ]),
])

/** With permessage-deflate agreed, RSV1 means something on the first frame of a message, and nowhere else. */
const reservedBitsDeflated: FrameCase[] = (['deflate', 'deflate-takeover'] satisfies Profile[]).flatMap((on) =>
  BITS.flatMap(([name, rsv]) =>
    framesWith(rsv)
      .filter(([kind]) => name !== 'rsv1' || ['ping', 'pong', 'close'].includes(kind))
      .map(([kind, sent]) =>
        fails(
          `reserved.${on}.${name}.${kind}`,
          `${name} on a ${kind} frame with ${on}`,
          '7692 6, 6455 5.2',
          1002,
          [send(sent)],
          {
            on,
            offer: 'permessage-deflate',
          },
        ),
      ),
  ),
)

const OPCODES = [3, 4, 5, 6, 7, 11, 12, 13, 14, 15]

const reservedOpcodes: FrameCase[] = OPCODES.flatMap((opcode) => {
  const rfc = '6455 5.2'
  const echoed: Expected = echoText('good')
  return [
    fails(`opcode.${opcode}.empty`, `opcode ${opcode} without payload`, rfc, 1002, [send(frame(opcode, ''))]),
    fails(`opcode.${opcode}.payload`, `opcode ${opcode} with payload`, rfc, 1002, [send(frame(opcode, 'reserved'))]),
    fails(`opcode.${opcode}.not-final`, `opcode ${opcode} without FIN`, rfc, 1002, [
      send(frame(opcode, 'reserved', { fin: false })),
    ]),
    fails(`opcode.${opcode}.after-message`, `a message, opcode ${opcode}, a ping: no pong`, rfc, 1002, [
      send(text('good'), frame(opcode, 'reserved'), ping()),
      expects(echoed),
    ]),
    fails(`opcode.${opcode}.inside-fragments`, `opcode ${opcode} between two fragments`, rfc, 1002, [
      sendApart(text('good'), text('a', { fin: false }), frame(opcode, ''), continuation('b')),
      expects(echoed),
    ]),
    fails(`opcode.${opcode}.bytewise`, `a message, then opcode ${opcode}, byte by byte`, rfc, 1002, [
      sendChunks(1, text('good'), frame(opcode, '')),
      expects(echoed),
    ]),
  ]
})

export const controlCases: readonly FrameCase[] = [
  ...pingSizes,
  ...tooLong,
  ...pings,
  ...reservedBits,
  ...reservedBitsDeflated,
  ...reservedOpcodes,
]
