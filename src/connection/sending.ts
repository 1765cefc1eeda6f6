/**
 * Sending: from a message to frames in the outbox of one connection, with the bound and what happens at it (slow.ts).
 * Functions over a `Life`; nothing to end.
 */
import { encodeFrame } from '../protocol/frame-writer.ts'
import { BINARY, PING, TEXT } from '../protocol/opcodes.ts'
import type { LateFrame } from './backlog.ts'
import type { Life } from './life.ts'
import { bytesOf, type Message } from './message-bytes.ts'
import type { SharedMessage } from './shared-message.ts'
import { canSend, keep, keyOf, laneFor, refuse } from './slow.ts'
import { note } from './timeline.ts'
import { unpooled } from './unpooled.ts'

export type SendResult = 'sent' | 'queued' | 'dropped' | 'ended'

/** Sends one message; see Connection.send. */
export function send(life: Life, message: Message): SendResult {
  if (!canSend(life)) return 'ended'
  const isText = typeof message === 'string'
  const bytes = isText ? Buffer.byteLength(message) : message.byteLength
  const lane = laneFor(life, bytes)
  if (lane !== 'write') return lane === 'keep' ? keepAlone(life, message, bytes) : refuse(life, bytes, lane)
  const { outbox, deflate } = life
  const { blocked } = outbox
  if (deflate !== null && bytes >= deflate.options.thresholdBytes) {
    const payload = isText ? Buffer.from(message, 'utf8') : bytesOf(message, 'send()')
    outbox.binary(isText ? TEXT : BINARY, deflate.deflater.deflate(payload), true)
  } else if (isText) outbox.text(TEXT, message, bytes)
  else outbox.binary(BINARY, bytesOf(message, 'send()'), false)
  return sent(life, blocked)
}

/** Sends a message whose bytes others share. */
export function sendShared(life: Life, message: SharedMessage): SendResult {
  const { outbox, deflate, options } = life
  // Most members of a room have had the same in this turn: only those that can still be sent to have anything in common.
  if (deflate === null && outbox.join(message, options.outboxBytesMax)) return sent(life, false)
  if (!canSend(life)) return 'ended'
  const bytes = message.frame.length
  const lane = laneFor(life, bytes)
  if (lane !== 'write') return lane === 'keep' ? keepShared(life, message) : refuse(life, bytes, lane)
  const { blocked } = outbox
  if (deflate === null || message.payload.length < deflate.options.thresholdBytes) outbox.share(message)
  else if (deflate.params.serverNoContextTakeover) {
    outbox.frame(message.deflatedFrame(deflate.params.serverWindowBits, deflate.options))
  } else outbox.binary(message.opcode, deflate.deflater.deflate(message.payload), true)
  return sent(life, blocked)
}

/** Sends a ping. To a reader with a full outbox it is dropped: it could not be answered before what waits there. */
export function sendPing(life: Life, payload: Uint8Array): SendResult {
  if (!canSend(life)) return 'ended'
  const { outbox, options } = life
  if (outbox.bytes > options.outboxBytesMax) return 'dropped'
  const { blocked } = outbox
  outbox.binary(PING, payload, false)
  return blocked ? 'queued' : 'sent'
}

/** Waits until nothing waits; see Connection.drained. */
export async function drained(life: Life, signal: AbortSignal | undefined): Promise<boolean> {
  signal?.throwIfAborted()
  if (!canSend(life)) return false
  if (life.outbox.bytes === 0) return true
  return new Promise((resolve, reject) => {
    const onAbort = (): void => {
      giveUp()
      reject(signal?.reason)
    }
    signal?.addEventListener('abort', onAbort, { once: true })
    const giveUp = life.context.outboxBudget.whenDrained(life, (drained) => {
      signal?.removeEventListener('abort', onAbort)
      resolve(drained)
    })
  })
}

function keepAlone(life: Life, message: Message, bytes: number): SendResult {
  const opcode = typeof message === 'string' ? TEXT : BINARY
  const payload = typeof message === 'string' ? Buffer.from(message, 'utf8') : bytesOf(message, 'send()')
  const { deflate } = life
  const key = keyOf(life, message)
  if (deflate === null || bytes < deflate.options.thresholdBytes) {
    return kept(life, keep(life, unpooled(encodeFrame(opcode, payload)), null, key))
  }
  return kept(life, keepDeflated(life, opcode, payload, key))
}

function keepShared(life: Life, message: SharedMessage): SendResult {
  const { deflate } = life
  const key = message.keyFor(life)
  if (deflate === null || message.payload.length < deflate.options.thresholdBytes) {
    return kept(life, keep(life, message.lasting, null, key))
  }
  if (deflate.params.serverNoContextTakeover) {
    const frame = message.deflatedFrame(deflate.params.serverWindowBits, deflate.options)
    return kept(life, keep(life, frame, null, key))
  }
  return kept(life, keepDeflated(life, message.opcode, message.lastingPayload, key))
}

/** With context takeover the bytes depend on all that goes before, and what goes before may still be dropped. */
function keepDeflated(life: Life, opcode: number, payload: Uint8Array, key: ReturnType<typeof keyOf>): SendResult {
  const late = lateFrame(life, opcode)
  if (life.deflate?.params.serverNoContextTakeover) return keep(life, unpooled(late.encode(payload)), null, key)
  return keep(life, unpooled(payload), late, key)
}

/** Compresses for this connection. */
export function lateFrame({ deflate }: Life, opcode: number): LateFrame {
  if (deflate === null) throw new Error('a connection without deflate compresses nothing')
  return { opcode, encode: (payload) => encodeFrame(opcode, deflate.deflater.deflate(payload), true) }
}

function kept(life: Life, result: SendResult): SendResult {
  return result === 'queued' ? sent(life, true) : result
}

function sent(life: Life, blocked: boolean): SendResult {
  if (life.messagesSent++ === 0) note(life, 'first message out')
  life.context.ledger.messagesSent++
  if (blocked) life.context.outboxBudget.settle(life)
  return blocked ? 'queued' : 'sent'
}
