/**
 * Compares what our reader and that of `ws` make of a damaged stream, and knows where they may differ and why.
 * Pure; nothing to end. A difference that is not in the table is a finding.
 */
import { type Heard, type Hearing, isMessage } from './readers.ts'
import { must } from './target.ts'

export interface Trial {
  readonly ours: Hearing
  readonly theirs: Hearing
  readonly deflate: boolean
  /** What our reader hears when `tail` follows the stream. */
  more(tail: Buffer): Hearing
}

interface Difference {
  readonly why: string
  holds(trial: Trial, ours: Ends, theirs: Ends): boolean
}

/** How the hearing of a stream ended: `[kind, code]`, or `['', '']` when it goes on. */
interface Ends {
  readonly kind: string
  readonly code: string
}

/** The known, justified differences. In all of them the messages both delivered are the same. */
export const DIFFERENCES: readonly Difference[] = [
  {
    why: 'RFC 6455 5.2: "the minimal number of bytes MUST be used to encode the length"; ws accepts longer forms',
    holds: ({ ours }) => ours.reason === 'payload length not in its shortest form',
  },
  {
    why: 'RFC 6455 5.2: "the most significant bit MUST be 0": 1002; ws says 1009',
    holds: ({ ours }, _, theirs) => ours.reason.includes('highest bit') && theirs.code === '1009',
  },
  {
    why: 'RFC 6455 8.1: we see text that cannot become UTF-8 at its first wrong byte, ws at the end of the message',
    holds: ({ ours, theirs }) =>
      ours.reason === 'text is not UTF-8' && data(theirs.heard).length === data(ours.heard).length,
  },
  {
    why: 'we count a fragment when its header is there, ws when its payload is',
    holds: ({ ours }, _, theirs) => ours.reason.includes('fragmentsMax') && theirs.kind === '',
  },
  {
    why: 'ws judges a length before the key has come, and a close payload of one byte by its header; we do when it is whole',
    holds: ({ more }, ours, theirs) => {
      if (ours.kind !== '' || theirs.kind !== 'violation') return false
      const later = endsOf(more(Buffer.alloc(16)))
      return later.kind === 'violation' && (later.code === theirs.code || later.code === '1002')
    },
  },
  {
    why: 'ws inflates as fragments come, we when the message is whole: it can fail before a header we refuse, or wait',
    holds: ({ deflate, ours, theirs }, _, theirEnd) =>
      deflate && data(ours.heard).length === data(theirs.heard).length && ['1007', '1009'].includes(theirEnd.code),
  },
  {
    why: 'a compressed message without payload is empty for us; ws gives zlib the tail alone, a broken block, and the next one fails',
    holds: ({ deflate, ours, theirs }, _, theirEnd) =>
      deflate &&
      theirEnd.code === '1007' &&
      data(ours.heard).some(([, what]) => what === '') &&
      data(ours.heard).length > data(theirs.heard).length,
  },
  {
    why: 'compressing what cannot be compressed makes it longer: we allow for that in the payload, ws does not (1009)',
    holds: ({ deflate, ours, theirs }, _, theirEnd) =>
      deflate && theirEnd.code === '1009' && data(ours.heard).length >= data(theirs.heard).length,
  },
  {
    why: 'RFC 7692 7.2.2 and 7.2.3.4: a message cut off in a block, or with junk behind a final one, is broken; ws delivers its beginning',
    holds: ({ deflate, ours, theirs }) =>
      deflate &&
      /cut off|not valid DEFLATE|inflates to more/.test(ours.reason) &&
      data(theirs.heard).length > data(ours.heard).length,
  },
]

/** Throws when the two differ in a way that has no reason. */
export function judge(trial: Trial): void {
  const { ours, theirs } = trial
  const ourEnd = endsOf(ours)
  const theirEnd = endsOf(theirs)
  const our = data(ours.heard)
  const their = data(theirs.heard)
  // RFC 7692 section 7.2.3.4: a message may have a final block, and go on behind it. ws drops the rest of it, and has no stream any more: what
  // follows is empty for it, or broken.
  const finalAt = ours.finalAt ?? Number.POSITIVE_INFINITY
  for (let at = 0; at < Math.min(our.length, their.length, finalAt + 1); at += 1) {
    const [one, other] = [our[at] as Heard, their[at] as Heard]
    const isSame = one[0] === other[0] && (at === finalAt ? one[1].startsWith(other[1]) : one[1] === other[1])
    must(
      isSame,
      () => `message ${at} differs: ${JSON.stringify(one).slice(0, 200)} and ${JSON.stringify(other).slice(0, 200)}`,
    )
  }
  if (their.length > finalAt) return
  if (our.length === their.length && ourEnd.kind === theirEnd.kind && ourEnd.code === theirEnd.code) return
  if (DIFFERENCES.some((difference) => difference.holds(trial, ourEnd, theirEnd))) return
  const told = `ours ${our.length} messages, ${ourEnd.kind} ${ourEnd.code} (${ours.reason})`
  throw new Error(`${told}; ws ${their.length} messages, ${theirEnd.kind} ${theirEnd.code} (${theirs.reason})`)
}

function endsOf({ heard }: Hearing): Ends {
  const [kind, what] = heard.at(-1) ?? ['', '']
  return kind === 'close' || kind === 'violation' ? { kind, code: what } : { kind: '', code: '' }
}

function data(heard: readonly Heard[]): Heard[] {
  return heard.filter(isMessage)
}
