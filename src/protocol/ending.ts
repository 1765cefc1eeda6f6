/**
 * An ending: how a connection ended, as a value with code, reason, who decided and what a client should do about it.
 * Plain frozen data; holds nothing alive.
 */
import { adviceOf } from './close-codes.ts'

export interface Ending {
  /** The close code (RFC 6455 section 7.4): 1005 when the peer gave none, 1006 when there was no close frame at all. */
  readonly code: number
  /** At most 123 bytes of UTF-8; may be empty. */
  readonly reason: string
  /** Who decided: the client, this server, or the network between them. */
  readonly by: 'peer' | 'server' | 'network'
  /** What a client should do about it. */
  readonly advice: 'reconnect' | 'stop'
  /** Both sides have said close. False until the connection is closed. */
  readonly clean: boolean
}

/** This server decided. */
export function serverEnding(code: number, reason: string): Ending {
  return { code, reason, by: 'server', advice: adviceOf(code), clean: false }
}

/** A close frame came from the peer. */
export function peerEnding(code: number, reason: string): Ending {
  return { code, reason, by: 'peer', advice: adviceOf(code), clean: false }
}

/** The socket ended without a close frame: `reason` says what was seen. */
export function networkEnding(reason: string): Ending {
  return { code: 1006, reason, by: 'network', advice: 'reconnect', clean: false }
}

/** A drain: the reason is JSON that tells the client when to come back. */
export function drainEnding(retryAfterMs: number): Ending {
  return serverEnding(1012, `{"retryAfterMs":${retryAfterMs}}`)
}

/** Is it what `drainEnding` makes? */
export function isDrainEnding({ code, reason }: Ending): boolean {
  return code === 1012 && /^\{"retryAfterMs":\d+\}$/.test(reason)
}

/** The endings this library decides on by itself, beside that of a drain. `docs/LIFECYCLE.md` lists them. */
export const ENDINGS = {
  idle: serverEnding(1001, 'nothing received within idleTimeoutMs'),
  serverClosed: serverEnding(1001, 'server is closing'),
  handlerFailed: serverEnding(1011, 'internal error'),
  handlerOverdue: serverEnding(1011, 'handler did not finish in time'),
  slowReader: serverEnding(1008, 'reads too slowly: outboxBytesMax reached'),
  messageTimeout: serverEnding(1008, 'message not complete within messageTimeoutMs'),
  messagesPerSecondMax: serverEnding(1008, 'sends too fast: messagesPerSecondMax reached'),
  receivedBytesPerSecondMax: serverEnding(1008, 'sends too fast: receivedBytesPerSecondMax reached'),
  inboxFull: serverEnding(1013, 'inboxBytesMax of the server reached'),
  outboxBudget: serverEnding(1013, 'reads too slowly: outboxTotalBytesMax of the server reached'),
  killed: { code: 1006, reason: 'killed', by: 'server', advice: 'stop', clean: false },
  peerGone: networkEnding('the peer ended its side without a close frame'),
  socketClosed: networkEnding('the socket closed without a close frame'),
  /** `idle`, and our close frame was not answered either: as far as anybody can tell, the peer is gone. */
  peerVanished: networkEnding('nothing received within idleTimeoutMs, and no answer to our close frame'),
} as const satisfies Record<string, Ending>
