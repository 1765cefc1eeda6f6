/**
 * What a case is: data, and the few words the tables are written with. A case says what is sent, what must come back in
 * which order, and how the connection must end. Pure; owned by the tables in cases/; holds nothing, so nothing ends.
 */
import type { Frame } from './frames.ts'

/** Which server a case runs against; echo-server.ts says what each is. */
export type Profile = 'plain' | 'deflate' | 'deflate-takeover' | 'limits' | 'deflate-limits' | 'protocols'

/** A whole message, compressed if asked for and agreed, in frames of at most `fragmentBytes` on the wire. */
export interface Message {
  readonly type: 'message'
  readonly kind: 'text' | 'binary'
  readonly payload: Buffer
  readonly compressed: boolean
  readonly fragmentBytes: number
}

export interface Expected {
  readonly kind: 'text' | 'binary' | 'pong'
  readonly payload: Buffer
}

export type Step =
  | {
      readonly do: 'send'
      readonly items: readonly (Frame | Message | Uint8Array)[]
      /** Chunks of so many bytes; 'frames': one chunk per item; 'once': all of it in one. */
      readonly chunks: number | 'frames' | 'once'
    }
  | { readonly do: 'expect'; readonly expected: readonly Expected[] }

/**
 * clean: the client closes with 1000 and gets 1000 back, and nothing else was sent.
 * answered: the case itself has sent a close frame; the answer has one of the codes (null: an empty close frame).
 * failed: the server fails the connection with one of the codes; the client sends nothing more.
 * In all three the server ends TCP first.
 */
export type Ending =
  | { readonly how: 'clean' }
  | { readonly how: 'answered' | 'failed'; readonly codes: readonly (number | null)[] }

export interface FrameCase {
  readonly type: 'frames'
  readonly id: string
  readonly about: string
  readonly rfc: string
  readonly on: Profile
  readonly offer: string | null
  /** What the answer must be to the offer; 'either' when a server may decline it. */
  readonly agreed: 'yes' | 'no' | 'either'
  /** Parameters the case needs in the answer: the suite's own servers must give them, any other may decline. */
  readonly answerHas: readonly string[]
  /** Large cases run alone, so that they do not slow the deadlines of others. */
  readonly large: boolean
  readonly steps: () => readonly Step[]
  readonly ending: Ending
}

export interface HandshakeCase {
  readonly type: 'handshake'
  readonly id: string
  readonly about: string
  readonly rfc: string
  readonly on: Profile
  /** The request head without the final empty line; {host}, {port} and {path} are filled in. */
  readonly request: readonly string[]
  readonly chunkBytes: number | null
  /** Sent in the same chunk as the request. */
  readonly early: Buffer | null
  readonly expect: {
    /** 101, a list of statuses, or 'refused': any status from 400 to 499. */
    readonly status: 101 | 'refused' | readonly number[]
    readonly headers: Readonly<Record<string, string | null | RegExp>>
  }
}

export type WireCase = FrameCase | HandshakeCase

type Steps = readonly Step[] | (() => readonly Step[])
type Extra = Partial<Pick<FrameCase, 'on' | 'offer' | 'agreed' | 'answerHas' | 'large'>>

export function passes(id: string, about: string, rfc: string, steps: Steps, extra: Extra = {}): FrameCase {
  return build(id, about, rfc, steps, { how: 'clean' }, extra)
}

export function fails(
  id: string,
  about: string,
  rfc: string,
  codes: number | readonly number[],
  steps: Steps,
  extra: Extra = {},
): FrameCase {
  return build(id, about, rfc, steps, { how: 'failed', codes: typeof codes === 'number' ? [codes] : codes }, extra)
}

export function answers(
  id: string,
  about: string,
  rfc: string,
  codes: readonly (number | null)[],
  steps: Steps,
  extra: Extra = {},
): FrameCase {
  return build(id, about, rfc, steps, { how: 'answered', codes }, extra)
}

function build(id: string, about: string, rfc: string, steps: Steps, ending: Ending, extra: Extra): FrameCase {
  return {
    type: 'frames',
    id,
    about,
    rfc,
    on: extra.on ?? 'plain',
    offer: extra.offer ?? null,
    agreed: extra.agreed ?? (extra.offer === undefined || extra.offer === null ? 'no' : 'yes'),
    answerHas: extra.answerHas ?? [],
    large: extra.large ?? false,
    steps: typeof steps === 'function' ? steps : () => steps,
    ending,
  }
}

/** All in one chunk. */
export function send(...items: readonly (Frame | Message | Uint8Array)[]): Step {
  return { do: 'send', items, chunks: 'once' }
}

/** One chunk per item. */
export function sendApart(...items: readonly (Frame | Message | Uint8Array)[]): Step {
  return { do: 'send', items, chunks: 'frames' }
}

export function sendChunks(chunkBytes: number, ...items: readonly (Frame | Message | Uint8Array)[]): Step {
  return { do: 'send', items, chunks: chunkBytes }
}

export function expects(...expected: readonly Expected[]): Step {
  return { do: 'expect', expected }
}

export function echoText(payload: string | Buffer): Expected {
  return { kind: 'text', payload: Buffer.from(payload) }
}

export function echoBinary(payload: string | Buffer): Expected {
  return { kind: 'binary', payload: Buffer.from(payload) }
}

export function pongOf(payload: string | Buffer = ''): Expected {
  return { kind: 'pong', payload: Buffer.from(payload) }
}

export function message(
  kind: 'text' | 'binary',
  payload: string | Buffer,
  options: { compressed?: boolean; fragmentBytes?: number } = {},
): Message {
  return {
    type: 'message',
    kind,
    payload: Buffer.from(payload),
    compressed: options.compressed ?? true,
    fragmentBytes: options.fragmentBytes ?? Number.POSITIVE_INFINITY,
  }
}
