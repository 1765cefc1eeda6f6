/**
 * The same conversations cut into chunks of every kind: what is received must not depend on where TCP cuts.
 * A table; owned by all-cases.ts; nothing to end.
 */
import {
  answers,
  type Ending,
  type Expected,
  echoBinary,
  echoText,
  expects,
  type FrameCase,
  fails,
  passes,
  pongOf,
  sendChunks,
} from '../cases.ts'
import { binary, close, continuation, encode, type Frame, fragments, OPCODE, ping, pong, text } from '../frames.ts'
import { ascii, noise, utf8 } from '../samples.ts'

interface Conversation {
  readonly name: string
  readonly frames: readonly Frame[]
  readonly expected: readonly Expected[]
  readonly ending: Ending
}

const CLEAN: Ending = { how: 'clean' }

const CONVERSATIONS: readonly Conversation[] = [
  { name: 'text', frames: [text('hello')], expected: [echoText('hello')], ending: CLEAN },
  { name: 'empty-text', frames: [text('')], expected: [echoText('')], ending: CLEAN },
  { name: 'utf8-2000', frames: [text(utf8(2000))], expected: [echoText(utf8(2000))], ending: CLEAN },
  { name: 'binary-126', frames: [binary(noise(126))], expected: [echoBinary(noise(126))], ending: CLEAN },
  { name: 'binary-70000', frames: [binary(noise(70_000))], expected: [echoBinary(noise(70_000))], ending: CLEAN },
  {
    name: 'three-messages',
    frames: [text('a'), binary(noise(200)), text('')],
    expected: [echoText('a'), echoBinary(noise(200)), echoText('')],
    ending: CLEAN,
  },
  {
    name: 'fragments-and-controls',
    frames: [text('κό', { fin: false }), ping('1'), continuation('σμ', { fin: false }), pong('2'), continuation('ε')],
    expected: [pongOf('1'), echoText('κόσμε')],
    ending: CLEAN,
  },
  {
    name: 'large-fragments',
    frames: fragments(OPCODE.binary, [noise(600, 1), noise(130, 2), noise(0), noise(40, 3)]),
    expected: [echoBinary(Buffer.concat([noise(600, 1), noise(130, 2), noise(40, 3)]))],
    ending: CLEAN,
  },
  { name: 'ping-125', frames: [ping(ascii(125))], expected: [pongOf(ascii(125))], ending: CLEAN },
  {
    name: 'text-then-close',
    frames: [text('bye'), close(4321, 'reason')],
    expected: [echoText('bye')],
    ending: { how: 'answered', codes: [4321] },
  },
  {
    name: 'text-then-rsv',
    frames: [text('good'), text('bad', { rsv: 0x10 })],
    expected: [echoText('good')],
    ending: { how: 'failed', codes: [1002] },
  },
  {
    name: 'text-then-invalid-utf8',
    frames: [text('good'), text(Buffer.from('68656c6cc328', 'hex'))],
    expected: [echoText('good')],
    ending: { how: 'failed', codes: [1007] },
  },
  {
    name: 'text-then-unmasked',
    frames: [text('good'), text('bad', { maskKey: null })],
    expected: [echoText('good')],
    ending: { how: 'failed', codes: [1002] },
  },
  {
    name: 'text-then-close-1005',
    frames: [text('good'), close(1005)],
    expected: [echoText('good')],
    ending: { how: 'failed', codes: [1002] },
  },
]

const RFC = '6455 5.2'

const inChunks: FrameCase[] = [1, 2, 3, 5, 7, 13, 64, 997].flatMap((chunkBytes) =>
  CONVERSATIONS.filter(({ name }) => chunkBytes > 60 || name !== 'binary-70000').map(
    ({ name, frames, expected, ending }) => {
      const id = `chunk.${chunkBytes}.${name}`
      const about = `${name} in chunks of ${chunkBytes} bytes`
      const steps = [sendChunks(chunkBytes, ...frames), expects(...expected)]
      if (ending.how === 'clean') return passes(id, about, RFC, steps)
      const codes = ending.codes
      return ending.how === 'answered'
        ? answers(id, about, RFC, codes, steps)
        : fails(id, about, RFC, codes as readonly number[], steps)
    },
  ),
)

const SPLIT_FRAMES = [text('ab'), ping('p'), ...fragments(OPCODE.text, ['κ', '€']), binary(noise(130))]
const SPLIT_BYTES = Buffer.concat(SPLIT_FRAMES.map(encode))

/** Two chunks, cut at every position of a conversation. */
const cuts: FrameCase[] = Array.from({ length: SPLIT_BYTES.length - 1 }, (_, index) => index + 1)
  .filter((at) => at < 60 || at % 10 === 0)
  .map((at) =>
    passes(`chunk.cut-at.${at}`, `a conversation in two chunks, cut after byte ${at}`, RFC, [
      { do: 'send', items: [SPLIT_BYTES.subarray(0, at), SPLIT_BYTES.subarray(at)], chunks: 'frames' },
      expects(echoText('ab'), pongOf('p'), echoText('κ€'), echoBinary(noise(130))),
    ]),
  )

const many: FrameCase[] = [100, 1000].map((count) =>
  passes(`chunk.many.${count}`, `${count} messages in one chunk come back in order`, RFC, () => {
    const words = Array.from({ length: count }, (_, index) => `message ${index}`)
    return [
      { do: 'send', items: words.map((word) => text(word)), chunks: 'once' },
      expects(...words.map((word) => echoText(word))),
    ]
  }),
)

export const chunkCases: readonly FrameCase[] = [...inChunks, ...cuts, ...many]
