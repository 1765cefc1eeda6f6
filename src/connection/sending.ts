/**
 * Sending: from a message to frames in the outbox of one connection, with the bound and what happens at it.
 * Functions over a `Life`; nothing to end.
 */
import { ENDINGS } from '../protocol/ending.ts'
import { BINARY, PING, TEXT } from '../protocol/opcodes.ts'
import type { Life } from './life.ts'
import { bytesOf, type Message } from './message-bytes.ts'
import type { SharedMessage } from './shared-message.ts'

export type SendResult = 'sent' | 'queued' | 'dropped' | 'ended'

/** Sends one message; see Connection.send. */
export function send(life: Life, message: Message): SendResult {
  if (!canSend(life)) return 'ended'
  const isText = typeof message === 'string'
  const bytes = isText ? Buffer.byteLength(message) : message.byteLength
  const { outbox, deflate } = life
  if (isTooSlow(life, bytes)) return tooSlow(life, bytes)
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
  if (!canSend(life)) return 'ended'
  const { outbox, deflate } = life
  const bytes = message.frame.length
  if (isTooSlow(life, bytes)) return tooSlow(life, bytes)
  const { blocked } = outbox
  if (deflate === null || message.payload.length < deflate.options.thresholdBytes) outbox.frame(message.frame)
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

function canSend(life: Life): boolean {
  const { name } = life.state
  return name === 'open' || name === 'draining'
}

/**
 * Is more waiting than may wait? What the kernel has not been offered yet does not count against the reader: it is
 * offered first. The message itself goes whatever its size, so what waits is at most the bound and one message.
 */
function isTooSlow(life: Life, bytes: number): boolean {
  const { outbox, options } = life
  if (outbox.bytes + bytes <= options.outboxBytesMax) return false
  outbox.flush()
  return outbox.bytes > options.outboxBytesMax
}

function sent(life: Life, blocked: boolean): SendResult {
  life.messagesSent++
  life.context.ledger.messagesSent++
  return blocked ? 'queued' : 'sent'
}

function tooSlow(life: Life, bytes: number): SendResult {
  const { events, ledger } = life.context
  ledger.messagesDropped++
  if (events.wanted('drop')) events.emit('drop', { connection: life.connection, route: life.route.path, bytes })
  if (life.options.slow === 'drop-newest') return 'dropped'
  life.end(ENDINGS.slowReader)
  return 'ended'
}
