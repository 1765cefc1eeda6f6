/**
 * Text that is UTF-8 and text that is not: whole, in fragments, in chunks, and failed as early as can be known
 * (RFC 6455 sections 5.6 and 8.1; Autobahn 6.x in its strict reading). A table; owned by all-cases.ts; nothing to end.
 */
import {
  echoText,
  expects,
  type FrameCase,
  fails,
  message,
  type Profile,
  passes,
  send,
  sendApart,
  sendChunks,
} from '../cases.ts'
import { binary, continuation, cut, fragments, OPCODE, ping, text } from '../frames.ts'
import { ascii } from '../samples.ts'
import { firstImpossible, SEQUENCES, type Sequence } from './utf8-table.ts'

const RFC = '6455 8.1'

function bytesOf(sequence: Sequence): Buffer {
  return Buffer.from(sequence.hex, 'hex')
}

const table: FrameCase[] = SEQUENCES.flatMap((sequence) => {
  const bytes = bytesOf(sequence)
  const what = `${sequence.valid ? 'valid' : 'invalid'}: ${sequence.hex.slice(0, 40)}`
  const forms = [
    { name: 'whole', about: `${what}, in one frame`, steps: [send(text(bytes))] },
    {
      name: 'fragments',
      about: `${what}, one fragment a byte`,
      steps: [send(...fragments(OPCODE.text, cut(bytes, 1)))],
    },
    { name: 'bytewise', about: `${what}, one chunk a byte`, steps: [sendChunks(1, text(bytes))] },
    {
      name: 'surrounded',
      about: `${what}, between ASCII`,
      valid: sequence.valid,
      steps: [send(text(Buffer.concat([ascii(37), bytes, ascii(41)])))],
      echo: Buffer.concat([ascii(37), bytes, ascii(41)]),
    },
  ]
  return forms.map(({ name, about, steps, echo }) =>
    sequence.valid
      ? passes(`utf8.${name}.${sequence.id}`, about, RFC, [...steps, expects(echoText(echo ?? bytes))])
      : fails(`utf8.${name}.${sequence.id}`, about, RFC, 1007, steps),
  )
})

/** Not another byte is sent: the connection must be failed all the same. */
const failFast: FrameCase[] = SEQUENCES.filter((sequence) => firstImpossible(bytesOf(sequence)) >= 0).flatMap(
  (sequence) => {
    const start = bytesOf(sequence).subarray(0, firstImpossible(bytesOf(sequence)) + 1)
    const about = `${start.toString('hex').slice(-40)} can become nothing valid`
    return [
      fails(`utf8.fail-fast.frame.${sequence.id}`, `${about}: in an unfinished frame`, RFC, 1007, [
        send(text(start, { claimedBytes: BigInt(start.length + 20) })),
      ]),
      fails(`utf8.fail-fast.fragment.${sequence.id}`, `${about}: in a fragment that is not the last`, RFC, 1007, [
        send(text(start, { fin: false })),
      ]),
    ]
  },
)

const failFastLater: FrameCase[] = [
  fails('utf8.fail-fast.second-fragment', 'Autobahn 6.4.1: the second of three fragments', RFC, 1007, [
    sendApart(
      text(Buffer.from('cebae1bdb9cf83cebcceb5', 'hex'), { fin: false }),
      continuation(Buffer.from('f4908080', 'hex'), { fin: false }),
    ),
  ]),
  fails('utf8.fail-fast.second-fragment.half', 'Autobahn 6.4.2: as soon as the second byte is there', RFC, 1007, [
    sendApart(
      text(Buffer.from('cebae1bdb9cf83cebcceb5f4', 'hex'), { fin: false }),
      continuation(Buffer.from('90', 'hex'), { fin: false }),
    ),
  ]),
  fails('utf8.fail-fast.chunks', 'Autobahn 6.4.3: one frame in chunks', RFC, 1007, [
    sendChunks(3, text(Buffer.from('cebae1bdb9cf83cebcceb5f490', 'hex'), { claimedBytes: 30n })),
  ]),
  fails('utf8.fail-fast.after-64k', 'after 64 KiB of ASCII in an unfinished frame', RFC, 1007, () => [
    send(text(Buffer.concat([ascii(65_536), Buffer.from([0xff])]), { claimedBytes: 200_000n })),
  ]),
  fails('utf8.fail-fast.across-ping', 'the impossible byte comes after a ping', RFC, 1007, [
    send(text(Buffer.from([0xe0]), { fin: false }), ping('x')),
    { do: 'expect', expected: [{ kind: 'pong', payload: Buffer.from('x') }] },
    send(continuation(Buffer.from([0x80]), { fin: false })),
  ]),
  fails('utf8.cut-off.across-fragments', 'the final fragment ends inside a character', RFC, 1007, [
    sendApart(text(Buffer.from([0xf0, 0x9f]), { fin: false }), continuation(Buffer.from([0x98]))),
  ]),
  fails('utf8.cut-off.final-empty', 'an empty final fragment after half a character', RFC, 1007, [
    sendApart(text(Buffer.from([0xc3]), { fin: false }), continuation('')),
  ]),
  fails('utf8.after-messages', 'good, good, bad: two echoes', RFC, 1007, [
    send(text('good'), text('gut'), text(Buffer.from([0xc3, 0x28]))),
    expects(echoText('good'), echoText('gut')),
  ]),
  passes('utf8.state-is-per-message', 'binary with half a character, then text', RFC, [
    send(binary(Buffer.from([0xe2, 0x82])), text('ok')),
    expects({ kind: 'binary', payload: Buffer.from([0xe2, 0x82]) }, echoText('ok')),
  ]),
  passes('utf8.binary-is-not-checked', 'bytes that are not UTF-8 in a binary message', '6455 5.6', [
    send(...fragments(OPCODE.binary, [Buffer.from('ff', 'hex'), Buffer.from('eda080c0', 'hex')])),
    expects({ kind: 'binary', payload: Buffer.from('ffeda080c0', 'hex') }),
  ]),
  passes('utf8.ping-is-not-checked', 'bytes that are not UTF-8 in a ping inside a text', '6455 5.5.2', [
    send(text('a', { fin: false }), { ...ping(Buffer.from('ff', 'hex')) }, continuation('b')),
    expects({ kind: 'pong', payload: Buffer.from('ff', 'hex') }, echoText('ab')),
  ]),
]

const EMPTY: readonly (readonly [string, readonly string[]])[] = [
  ['one-frame', ['']],
  ['three-fragments', ['', '', '']],
  ['three-fragments-middle-full', ['', 'middle frame payload', '']],
]

const empty: FrameCase[] = EMPTY.map(([name, parts]) =>
  passes(`utf8.empty.${name}`, 'Autobahn 6.1: text without bytes', RFC, [
    send(...fragments(OPCODE.text, parts)),
    expects(echoText(parts.join(''))),
  ]),
)

const LONG = Buffer.from('Hello-µ@ßöäüàá-UTF-8!! κόσμε €𝄞')

const splits: FrameCase[] = Array.from({ length: LONG.length - 1 }, (_, index) => index + 1).flatMap((at) => [
  passes(`utf8.split.fragment.${at}`, `two fragments, cut after byte ${at}`, RFC, [
    sendApart(...fragments(OPCODE.text, [LONG.subarray(0, at), LONG.subarray(at)])),
    expects(echoText(LONG)),
  ]),
  // The head of such a frame has six bytes.
  passes(`utf8.split.chunk.${at}`, `one frame in chunks of ${at + 6} bytes`, RFC, [
    sendChunks(at + 6, text(LONG)),
    expects(echoText(LONG)),
  ]),
])

const deflated: FrameCase[] = (['deflate', 'deflate-takeover'] satisfies Profile[]).flatMap((on) =>
  SEQUENCES.filter((sequence) => !sequence.id.startsWith('lonely')).map((sequence) => {
    const payload = bytesOf(sequence)
    const id = `utf8.${on}.${sequence.id}`
    const about = `${sequence.valid ? 'valid' : 'invalid'} text, compressed`
    const extra = { on, offer: 'permessage-deflate' }
    const steps = [send(message('text', payload, { fragmentBytes: 3 }))]
    return sequence.valid
      ? passes(id, about, '7692 6.2, 6455 8.1', [...steps, expects(echoText(payload))], extra)
      : fails(id, about, '7692 6.2, 6455 8.1', 1007, steps, extra)
  }),
)

export const utf8Cases: readonly FrameCase[] = [
  ...table,
  ...failFast,
  ...failFastLater,
  ...empty,
  ...splits,
  ...deflated,
]
