/**
 * Why a connection ended, in a word for programs and a sentence for people: from its ending and from what had happened to it.
 * Nothing the client or the application has written goes into it. Pure; nothing to end.
 */
import type { ConnectionFacts } from '../../connection/facts.ts'
import { entriesOf, type TimelineEntry } from '../../connection/timeline.ts'
import { CLOSE_CODES } from '../../protocol/close-codes.ts'
import { ENDINGS, type Ending, isDrainEnding } from '../../protocol/ending.ts'
import { ruleOf } from './rules.ts'

export type Cause =
  | 'peer closed'
  | 'peer hung up'
  | 'peer reset'
  | 'socket failed'
  | 'no pong'
  | 'idle'
  | 'limit'
  | 'protocol error'
  | 'handler failed'
  | 'handler overdue'
  | 'application'
  | 'killed'
  | 'drained'
  | 'server closed'
  | 'moved'

export interface Diagnosis {
  readonly cause: Cause
  /** One sentence. */
  readonly text: string
}

type Library = keyof typeof ENDINGS

/** The option whose bound was reached. */
const LIMITS: Readonly<Partial<Record<Library, string>>> = {
  slowReader: 'outboxBytesMax',
  messageTimeout: 'messageTimeoutMs',
  messagesPerSecondMax: 'messagesPerSecondMax',
  receivedBytesPerSecondMax: 'receivedBytesPerSecondMax',
  inboxFull: 'inboxBytesMax',
  outboxBudget: 'outboxTotalBytesMax',
}

const WHAT_REACHED: Readonly<Record<string, string>> = {
  outboxBytesMax: 'it read too slowly',
  messageTimeoutMs: 'a message was not whole in time',
  messagesPerSecondMax: 'it sent too many messages',
  receivedBytesPerSecondMax: 'it sent too many bytes',
  inboxBytesMax: 'all connections together hold too much that is not handled yet',
  outboxTotalBytesMax: 'all slow readers together have too much waiting, and this was one of the slowest',
}

const RESET_CODES = ['ECONNRESET', 'EPIPE', 'ECONNABORTED']
const LIBRARY_NAMES = new Map(Object.entries(ENDINGS).map(([name, { reason }]) => [reason, name as Library]))

/** Null for a connection that is not about to end. */
export function diagnose(facts: Pick<ConnectionFacts, 'state' | 'ending' | 'timeline' | 'quietMs'>): Diagnosis | null {
  const { state, ending } = facts
  const entries = entriesOf(facts.timeline)
  if (state === 'moved') return moved(entries)
  if (ending === null) return null
  if (ending.by === 'peer') return peerClosed(ending, state)
  if (ending.by === 'network') return network(ending, facts.quietMs)
  const before = beforeEnding(entries)
  const last = before.at(-1)
  if (last?.what === 'protocol violation') return violated(ending)
  if (last?.what === 'end called') return application(ending, state)
  if (isDrainEnding(ending)) return drained(before)
  const name = LIBRARY_NAMES.get(ending.reason)
  return name === undefined ? application(ending, state) : decided(name, before, ending.clean)
}

/** What had happened when it was decided that it ends. */
function beforeEnding(entries: readonly TimelineEntry[]): readonly TimelineEntry[] {
  const at = entries.findIndex(({ what }) => what === 'ending')
  return at === -1 ? entries : entries.slice(0, at)
}

function moved(entries: readonly TimelineEntry[]): Diagnosis {
  const unanswered = entries.at(-1)?.detail === 'unanswered'
  const text = unanswered
    ? 'it was given to another process, which did not say whether it has it'
    : 'another process has it: it is still open there, under the same id'
  return { cause: 'moved', text }
}

function peerClosed(ending: Ending, state: string): Diagnosis {
  const clean = ending.clean || state !== 'closed' ? '' : ', and was gone before our answer'
  if (ending.code === 1005) return { cause: 'peer closed', text: `the client closed without a code${clean}` }
  return { cause: 'peer closed', text: `the client closed with ${codeText(ending.code)}${clean}` }
}

function network(ending: Ending, quietMs: number): Diagnosis {
  if (ending.reason === ENDINGS.peerVanished.reason) {
    const text = `half-open: nothing was heard for ${seconds(quietMs)}, neither a pong nor an answer to our close frame`
    return { cause: 'no pong', text }
  }
  if (ending.reason === ENDINGS.peerGone.reason) {
    const text = 'the client, or a proxy, ended its side (FIN) without a close frame'
    return { cause: 'peer hung up', text }
  }
  // The code of a system call, and nothing else that may stand there.
  const code = /^the socket failed: (E[A-Z0-9_]+)$/.exec(ending.reason)?.[1]
  if (code === 'ETIMEDOUT') {
    const text = `half-open: the kernel gave the client up (${code}), ${seconds(quietMs)} after anything was heard`
    return { cause: 'no pong', text }
  }
  if (code !== undefined && RESET_CODES.includes(code)) {
    return { cause: 'peer reset', text: `the client, or something between, reset the connection (${code})` }
  }
  if (code !== undefined) return { cause: 'socket failed', text: `the socket failed (${code})` }
  return { cause: 'socket failed', text: 'the socket closed without a close frame' }
}

function violated({ code, reason }: Ending): Diagnosis {
  const { section, limit } = ruleOf(reason)
  if (section !== null) return { cause: 'protocol error', text: `the client broke a rule: ${reason} (${section})` }
  const whose = limit === null ? 'a limit without an option' : `our limit ${limit}`
  return { cause: 'limit', text: `${whose}: ${reason}, so ${codeText(code)}` }
}

function application(ending: Ending, state: string): Diagnosis {
  if (ending.reason === ENDINGS.killed.reason && ending.code === ENDINGS.killed.code) {
    return { cause: 'killed', text: 'the application called connection.kill()' }
  }
  const clean = ending.clean || state !== 'closed' ? '' : '; the client did not answer'
  return { cause: 'application', text: `the application ended it with ${codeText(ending.code)}${clean}` }
}

function drained(before: readonly TimelineEntry[]): Diagnosis {
  const overdue = handlerOf(before, 'handler overdue')
  const late = overdue === null ? '' : `; its handler ${overdue} was overdue`
  return { cause: 'drained', text: `drained, for a reload or a deploy: the client was told to come back${late}` }
}

function decided(name: Library, before: readonly TimelineEntry[], clean: boolean): Diagnosis {
  const limit = LIMITS[name]
  if (limit !== undefined) return { cause: 'limit', text: `our limit ${limit}: ${WHAT_REACHED[limit]}` }
  if (name === 'serverClosed') return { cause: 'server closed', text: 'the server was closed' }
  if (name === 'handlerFailed') {
    return { cause: 'handler failed', text: `its handler ${handlerOf(before, 'handler failed') ?? ''} threw`.trim() }
  }
  if (name === 'handlerOverdue') {
    const handler = handlerOf(before, 'handler overdue') ?? ''
    return { cause: 'handler overdue', text: `its handler ${handler} did not finish within handlerTimeoutMs` }
  }
  const answer = clean
    ? 'but it answered our close frame: reachable, and silent'
    : 'and our close frame is not answered yet'
  return { cause: 'idle', text: `nothing was heard within idleTimeoutMs, not even a pong, ${answer}` }
}

function handlerOf(before: readonly TimelineEntry[], what: TimelineEntry['what']): string | null {
  return before.findLast((entry) => entry.what === what && entry.detail !== undefined)?.detail ?? null
}

function codeText(code: number): string {
  const name = CLOSE_CODES.find((entry) => entry.code === code)?.name
  return name === undefined ? String(code) : `${code} (${name})`
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`
}
