/**
 * Fragmented messages: every order, empty fragments, control frames between them (RFC 6455 section 5.4; Autobahn 5.x).
 * A table; owned by all-cases.ts; nothing to end.
 */
import {
  echoBinary,
  echoText,
  expects,
  type FrameCase,
  fails,
  passes,
  pongOf,
  send,
  sendApart,
  sendChunks,
} from '../cases.ts'
import { binary, close, continuation, cut, fragments, OPCODE, ping, pong, text } from '../frames.ts'
import { noise, utf8 } from '../samples.ts'

const COUNTS = [1, 2, 3, 4, 5, 8, 16, 64, 256, 1000]

const counts: FrameCase[] = COUNTS.flatMap((count) => {
  const words = utf8(count * 8)
  return [
    passes(`fragment.count.${count}.text.apart`, `${count} fragments of text, one chunk each`, '6455 5.4', () => [
      sendApart(...fragments(OPCODE.text, cut(words, 8))),
      expects(echoText(words)),
    ]),
    passes(`fragment.count.${count}.binary.together`, `${count} fragments, all in one chunk`, '6455 5.4', () => [
      send(...fragments(OPCODE.binary, cut(noise(count * 8), 8))),
      expects(echoBinary(noise(count * 8))),
    ]),
  ]
})

const EMPTY: readonly (readonly [string, readonly string[]])[] = [
  ['all-of-two', ['', '']],
  ['all-of-three', ['', '', '']],
  ['first', ['', 'hello']],
  ['last', ['hello', '']],
  ['middle', ['hel', '', 'lo']],
  ['only-middle-has-data', ['', 'hello', '']],
  ['many', ['', '', '', 'h', '', '', 'ello', '', '']],
]

const empty: FrameCase[] = EMPTY.flatMap(([name, parts]) => [
  passes(`fragment.empty.${name}.text`, `text in ${parts.length} fragments, some empty`, '6455 5.4', [
    sendApart(...fragments(OPCODE.text, parts)),
    expects(echoText(parts.join(''))),
  ]),
  passes(`fragment.empty.${name}.binary`, `binary in ${parts.length} fragments, some empty`, '6455 5.4', [
    send(...fragments(OPCODE.binary, parts)),
    expects(echoBinary(parts.join(''))),
  ]),
])

const LENGTHS = [125, 126, 127, 65535, 65536]

const lengths: FrameCase[] = LENGTHS.flatMap((first) =>
  LENGTHS.map((second) => {
    const parts = [noise(first, 3), noise(second, 4)]
    return passes(`fragment.length.${first}.${second}`, `fragments of ${first} and ${second} bytes`, '6455 5.4', () => [
      send(...fragments(OPCODE.binary, parts)),
      expects(echoBinary(Buffer.concat(parts))),
    ])
  }),
)

const between: FrameCase[] = [
  passes('fragment.between.ping', 'a ping between two fragments is answered before the rest is sent', '6455 5.4', [
    send(text('hel', { fin: false }), ping('now')),
    expects(pongOf('now')),
    send(continuation('lo')),
    expects(echoText('hello')),
  ]),
  passes('fragment.between.ping.one-chunk', 'the same in one chunk', '6455 5.4', [
    send(text('hel', { fin: false }), ping('now'), continuation('lo')),
    expects(pongOf('now'), echoText('hello')),
  ]),
  ...[1, 2, 3, 997].map((chunkBytes) =>
    passes(`fragment.between.ping.chunks-${chunkBytes}`, `the same in chunks of ${chunkBytes}`, '6455 5.4', [
      sendChunks(chunkBytes, text('hel', { fin: false }), ping('now'), continuation('lo')),
      expects(pongOf('now'), echoText('hello')),
    ]),
  ),
  passes('fragment.between.pong', 'an unsolicited pong between two fragments is ignored', '6455 5.5.3', [
    send(text('hel', { fin: false }), pong('nobody asked'), continuation('lo')),
    expects(echoText('hello')),
  ]),
  passes('fragment.between.ping-in-every-gap', 'a ping in each of four gaps', '6455 5.4', [
    ...['a', 'b', 'c', 'd'].flatMap((word, index) => [
      send(index === 0 ? text(word, { fin: false }) : continuation(word, { fin: false }), ping(word)),
      expects(pongOf(word)),
    ]),
    send(continuation('e')),
    expects(echoText('abcde')),
  ]),
  passes('fragment.between.ping-125', 'pings of 125 bytes inside a fragmented binary message', '6455 5.4', [
    send(binary(noise(300), { fin: false }), ping(noise(125)), continuation(noise(300))),
    expects(pongOf(noise(125)), echoBinary(Buffer.concat([noise(300), noise(300)]))),
  ]),
  passes('fragment.between.ping-inside-a-character', 'a ping between the bytes of one character', '6455 5.4', [
    send(text(Buffer.from([0xe2]), { fin: false }), ping('€'), continuation(Buffer.from([0x82, 0xac]))),
    expects(pongOf('€'), echoText('€')),
  ]),
  passes('fragment.two-messages', 'two fragmented messages, one after the other', '6455 5.4', [
    send(...fragments(OPCODE.text, ['one', '-', 'two']), ...fragments(OPCODE.binary, ['three', '-', 'four'])),
    expects(echoText('one-two'), echoBinary('three-four')),
  ]),
  passes('fragment.then-whole', 'a whole message after a fragmented one, and the other way round', '6455 5.4', [
    send(text('whole'), ...fragments(OPCODE.text, ['in', ' parts']), binary('whole')),
    expects(echoText('whole'), echoText('in parts'), echoBinary('whole')),
  ]),
]

const wrong: FrameCase[] = (
  [
    ['final-continuation-of-nothing', [continuation('lost')]],
    ['open-continuation-of-nothing', [continuation('lost', { fin: false })]],
    ['empty-continuation-of-nothing', [continuation('')]],
    ['open-continuation-then-text', [continuation('lost', { fin: false }), text('hello')]],
    ['continuation-twice-of-nothing', [continuation('a', { fin: false }), continuation('b')]],
    ['text-inside-text', [text('a', { fin: false }), text('b')]],
    ['binary-inside-text', [text('a', { fin: false }), binary('b')]],
    ['text-inside-binary', [binary('a', { fin: false }), text('b')]],
    ['open-text-inside-text', [text('a', { fin: false }), text('b', { fin: false })]],
    ['text-inside-third-fragment', [text('a', { fin: false }), continuation('b', { fin: false }), text('c')]],
    ['empty-text-inside-empty-text', [text('', { fin: false }), text('')]],
  ] as const
).flatMap(([name, frames]) => [
  fails(`fragment.wrong.${name}`, 'frames in an order that is not allowed', '6455 5.4', 1002, [sendApart(...frames)]),
  fails(`fragment.wrong.${name}.one-chunk`, 'the same in one chunk', '6455 5.4', 1002, [send(...frames)]),
])

const afterMessage: FrameCase[] = [
  fails('fragment.wrong.continuation-after-whole', 'a continuation after a whole message', '6455 5.4', 1002, [
    send(text('whole'), continuation('lost')),
    expects(echoText('whole')),
  ]),
  fails('fragment.wrong.continuation-after-fragmented', 'a continuation after the final one', '6455 5.4', 1002, [
    sendApart(...fragments(OPCODE.text, ['in', ' parts']), continuation('lost')),
    expects(echoText('in parts')),
  ]),
  ...(['ping', 'pong', 'close'] as const).map((name) =>
    fails(`fragment.wrong.control.${name}`, `a ${name} frame without FIN`, '6455 5.5', 1002, [
      send(
        name === 'ping'
          ? ping('a', { fin: false })
          : name === 'pong'
            ? pong('a', { fin: false })
            : close(1000, '', { fin: false }),
      ),
    ]),
  ),
  ...(['ping', 'pong', 'close'] as const).map((name) =>
    fails(`fragment.wrong.control-empty.${name}`, `an empty ${name} frame without FIN`, '6455 5.5', 1002, [
      send(
        name === 'ping'
          ? ping('', { fin: false })
          : name === 'pong'
            ? pong('', { fin: false })
            : close(undefined, '', { fin: false }),
      ),
    ]),
  ),
  fails('fragment.wrong.ping-in-two', 'a ping in two fragments', '6455 5.5', 1002, [
    sendApart(ping('a', { fin: false }), continuation('b')),
  ]),
  fails('fragment.wrong.ping-in-two-inside-text', 'a fragmented ping inside a fragmented text', '6455 5.5', 1002, [
    sendApart(text('a', { fin: false }), ping('b', { fin: false }), continuation('c')),
  ]),
]

export const fragmentCases: readonly FrameCase[] = [
  ...counts,
  ...empty,
  ...lengths,
  ...between,
  ...wrong,
  ...afterMessage,
]
