/**
 * What can be told of a connection to whoever runs the server: plain values, made when somebody looks and when it ends. Nothing of
 * its client is in them but how it closed. A function; the facts belong to whoever asked, and keep no life.
 */
import type { Ending } from '../protocol/ending.ts'
import type { Life } from './life.ts'
import type { StateName } from './state.ts'
import { sinceOpening } from './timeline.ts'

export interface ConnectionFacts {
  readonly id: string
  /** The path of its route, as it was declared. */
  readonly route: string
  readonly state: StateName
  /** Milliseconds since 1970. */
  readonly openedAt: number
  /** From its opening until this was written down. */
  readonly ageMs: number
  /** Since anything was last heard of it. */
  readonly quietMs: number
  readonly messagesReceived: number
  readonly messagesSent: number
  /** Bytes that wait to be written. */
  readonly bufferedBytes: number
  /** Messages that wait for its handler. */
  readonly waitingMessages: number
  readonly readingPaused: boolean
  readonly running: { readonly handler: string; readonly ms: number; readonly overdue: boolean } | null
  /** How it ended, or is about to. Its reason may be words of the client or of the application: not to be shown. */
  readonly ending: Ending | null
  /** Of its upgrade's span; null when nothing was traced. */
  readonly traceparent: string | null
  /** See timeline.ts. That of an open connection goes on: not to be kept. */
  readonly timeline: readonly number[] | null
}

export function factsOf(life: Life): ConnectionFacts {
  const { connection, route, state, context, inbox, outbox } = life
  const { now } = context.wheel
  const { running } = inbox
  return {
    ...{ id: connection.id, route: route.path, state: state.name, openedAt: connection.openedAt },
    ...{ ageMs: sinceOpening(life), quietMs: Math.max(0, Math.round(now - life.heardAt)) },
    ...{ messagesReceived: life.messagesReceived, messagesSent: life.messagesSent },
    ...{ bufferedBytes: outbox.bytes, waitingMessages: inbox.waiting, readingPaused: life.readingPaused },
    running: running && {
      ...{ handler: running.handler, overdue: running.overdue },
      ms: Math.max(0, Math.round(now - running.since)),
    },
    ending: 'ending' in state ? state.ending : null,
    ...{ traceparent: life.traceparent, timeline: life.timeline },
  }
}
