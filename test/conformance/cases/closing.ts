/**
 * The close handshake: codes, reasons, what comes after (RFC 6455 sections 5.5.1 and 7; Autobahn 7.x).
 * A table; owned by all-cases.ts; nothing to end.
 */
import {
  answers,
  echoBinary,
  echoText,
  expects,
  type FrameCase,
  fails,
  pongOf,
  send,
  sendApart,
  sendChunks,
} from '../cases.ts'
import { binary, close, continuation, fragments, frame, OPCODE, ping, text } from '../frames.ts'
import { ascii } from '../samples.ts'

const RFC = '6455 5.5.1'
const VALID = [
  1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3001, 3500, 3999, 4000, 4001, 4500,
  4999,
]
const INVALID = [
  0, 1, 125, 126, 255, 256, 500, 998, 999, 1004, 1005, 1006, 1015, 1016, 1017, 1100, 1500, 1999, 2000, 2001, 2500, 2998,
  2999, 5000, 5001, 10_000, 32_768, 61_166, 65_534, 65_535,
]

const codes: FrameCase[] = [
  ...VALID.flatMap((code) => [
    answers(
      `close.code.${code}`,
      `close with ${code} is answered with ${code}`,
      '6455 7.4',
      [code],
      [send(close(code))],
    ),
    answers(
      `close.code.${code}.reason`,
      `close with ${code} and a reason`,
      '6455 7.4',
      [code],
      [send(close(code, 'because — ça suffit'))],
    ),
  ]),
  ...INVALID.flatMap((code) => [
    fails(`close.code-invalid.${code}`, `close with ${code}, which nobody may send`, '6455 7.4', 1002, [
      send(close(code)),
    ]),
    fails(`close.code-invalid.${code}.reason`, `close with ${code} and a reason`, '6455 7.4', 1002, [
      send(close(code, 'because')),
    ]),
  ]),
]

const payloads: FrameCase[] = [
  answers('close.empty', 'a close frame without payload', RFC, [null, 1000], [send(close())]),
  answers('close.empty.bytewise', 'the same, byte by byte', RFC, [null, 1000], [sendChunks(1, close())]),
  ...[0, 0x03, 0x7f, 0xff].map((byte) =>
    fails(`close.one-byte.${byte}`, 'a close frame with a payload of one byte', RFC, 1002, [
      send(frame(OPCODE.close, Buffer.from([byte]))),
    ]),
  ),
  ...[1, 2, 64, 122, 123].map((bytes) =>
    answers(`close.reason.${bytes}`, `a reason of ${bytes} bytes`, RFC, [1000], [send(close(1000, ascii(bytes)))]),
  ),
  ...[124, 125, 1000].map((bytes) =>
    fails(`close.reason.${bytes}`, `a reason of ${bytes} bytes`, '6455 5.5', 1002, [send(close(1000, ascii(bytes)))]),
  ),
  answers(
    'close.reason.123.bytewise',
    'a reason of 123 bytes, byte by byte',
    RFC,
    [1000],
    [sendChunks(1, close(1000, ascii(123)))],
  ),
  answers(
    'close.reason.utf8-123',
    'a reason of 123 bytes in 41 characters',
    RFC,
    [1000],
    [send(close(1000, '€'.repeat(41)))],
  ),
  ...(
    [
      ['lonely-start', 'ce'],
      ['lonely-continuation', '80'],
      ['surrogate', 'eda080'],
      ['overlong', 'c0af'],
      ['too-large', 'f4908080'],
      ['impossible', 'fe'],
      ['autobahn', 'cebae1bdb9cf83cebcceb5eda080656469746564'],
      ['cut-off', '68656c6c6fe282'],
    ] as const
  ).map(([name, hex]) =>
    fails(`close.reason-not-utf8.${name}`, 'a reason that is not UTF-8', '6455 5.5.1, 8.1', 1007, [
      send(close(1000, Buffer.from(hex, 'hex'))),
    ]),
  ),
]

const after: FrameCase[] = [
  answers(
    'close.then.text',
    'text after a close frame is not echoed',
    RFC,
    [1000],
    [send(close(1000), text('too late'))],
  ),
  answers(
    'close.then.text.apart',
    'the same in another chunk',
    RFC,
    [1000],
    [sendApart(close(1000), text('too late'))],
  ),
  answers(
    'close.then.ping',
    'a ping after a close frame is not answered',
    RFC,
    [1000],
    [send(close(1000), ping('too late'))],
  ),
  answers('close.then.close', 'a second close frame is not answered', RFC, [1000], [send(close(1000), close(1001))]),
  answers('close.then.close.same', 'the same close frame twice', RFC, [1000], [sendApart(close(1000), close(1000))]),
  answers(
    'close.then.garbage',
    'bytes that are no frames, after a close frame',
    RFC,
    [1000],
    [send(close(1000), Buffer.alloc(64, 0xff))],
  ),
  answers(
    'close.then.invalid-text',
    'invalid text after a close frame',
    RFC,
    [1000],
    [send(close(1000), text(Buffer.from([0xff])))],
  ),
  answers('close.then.large', '256 KiB after a close frame', RFC, [1000], () => [
    send(close(1000), binary(Buffer.alloc(262_144))),
  ]),
]

const before: FrameCase[] = [
  answers(
    'close.after.text',
    'text and close in one chunk: the echo comes first',
    '6455 7.1.5',
    [1000],
    [send(text('last words'), close(1000)), expects(echoText('last words'))],
  ),
  answers('close.after.large', '256 KiB and close in one chunk: the echo comes first', '6455 7.1.5', [1000], () => [
    send(binary(Buffer.alloc(262_144, 1)), close(1000)),
    expects(echoBinary(Buffer.alloc(262_144, 1))),
  ]),
  answers(
    'close.after.ping',
    'ping and close in one chunk',
    '6455 5.5.2',
    [1000],
    [send(text('a'), ping('b')), expects(echoText('a'), pongOf('b')), send(close(1000))],
  ),
  answers(
    'close.inside-fragments',
    'a close frame between two fragments ends the connection',
    '6455 5.4',
    [1000],
    [send(text('unfinished', { fin: false }), close(1000), continuation(' business'))],
  ),
  answers(
    'close.inside-fragments.apart',
    'the same in chunks of their own',
    '6455 5.4',
    [1001],
    [sendApart(...fragments(OPCODE.binary, ['a', 'b', 'c']).slice(0, 2), close(1001))],
  ),
  answers(
    'close.inside-character',
    'a close frame when half a character has come',
    '6455 5.4',
    [1000],
    [sendApart(text(Buffer.from([0xe2, 0x82]), { fin: false }), close(1000))],
  ),
]

export const closingCases: readonly FrameCase[] = [...codes, ...payloads, ...after, ...before]
