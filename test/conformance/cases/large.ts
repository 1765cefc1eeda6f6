/**
 * Messages up to 16 MiB, in one frame, in fragments, in chunks, and many in a row (Autobahn 9.x).
 * A table; owned by all-cases.ts; nothing to end.
 */
import { expects, type FrameCase, message, passes, type Step, send, sendChunks } from '../cases.ts'
import { noise, utf8 } from '../samples.ts'

const RFC = '6455 5.2'
const KIB = 1024
const MIB = 1024 * KIB
const KINDS = ['text', 'binary'] as const

function payloadOf(kind: (typeof KINDS)[number], bytes: number): Buffer {
  return kind === 'text' ? utf8(bytes) : noise(bytes)
}

function sizeName(bytes: number): string {
  return bytes >= MIB ? `${bytes / MIB}M` : bytes >= KIB ? `${bytes / KIB}K` : String(bytes)
}

const whole: FrameCase[] = KINDS.flatMap((kind) =>
  [64 * KIB, 256 * KIB, MIB, 4 * MIB, 8 * MIB, 16 * MIB].map((bytes) =>
    passes(
      `large.${kind}.${sizeName(bytes)}`,
      `${kind}, ${sizeName(bytes)} in one frame`,
      RFC,
      () => {
        const payload = payloadOf(kind, bytes)
        return [send(message(kind, payload)), expects({ kind, payload })]
      },
      { large: true },
    ),
  ),
)

const inFragments: FrameCase[] = KINDS.flatMap((kind) =>
  [64, 256, KIB, 4 * KIB, 16 * KIB, 64 * KIB, 256 * KIB, MIB].map((fragmentBytes) =>
    passes(
      `large.${kind}.4M.fragments-${sizeName(fragmentBytes)}`,
      `${kind}, 4 MiB in fragments of ${fragmentBytes} bytes`,
      '6455 5.4',
      () => {
        const payload = payloadOf(kind, 4 * MIB)
        return [send(message(kind, payload, { fragmentBytes })), expects({ kind, payload })]
      },
      { large: true },
    ),
  ),
)

const biggestInFragments: FrameCase[] = KINDS.map((kind) =>
  passes(
    `large.${kind}.16M.fragments-1M`,
    `${kind}, 16 MiB in 16 fragments`,
    '6455 5.4',
    () => {
      const payload = payloadOf(kind, 16 * MIB)
      return [send(message(kind, payload, { fragmentBytes: MIB })), expects({ kind, payload })]
    },
    { large: true },
  ),
)

const inChunks: FrameCase[] = KINDS.flatMap((kind) =>
  [64, 128, 256, 512, 997, KIB, 2 * KIB].map((chunkBytes) =>
    passes(
      `large.${kind}.1M.chunks-${chunkBytes}`,
      `${kind}, 1 MiB in chunks of ${chunkBytes} bytes`,
      RFC,
      () => {
        const payload = payloadOf(kind, MIB)
        return [sendChunks(chunkBytes, message(kind, payload)), expects({ kind, payload })]
      },
      { large: true },
    ),
  ),
)

const inARow: FrameCase[] = KINDS.flatMap((kind) =>
  [0, 16, 64, 256, KIB, 4 * KIB].map((bytes) =>
    passes(
      `large.${kind}.in-a-row.${bytes}`,
      `500 ${kind} messages of ${bytes} bytes, each after the echo of the one before`,
      RFC,
      () => {
        const payload = payloadOf(kind, bytes)
        const round: Step[] = [send(message(kind, payload)), expects({ kind, payload })]
        return Array.from({ length: 500 }, () => round).flat()
      },
      { large: true },
    ),
  ),
)

export const largeCases: readonly FrameCase[] = [
  ...whole,
  ...inFragments,
  ...biggestInFragments,
  ...inChunks,
  ...inARow,
]
