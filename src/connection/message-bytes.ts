/**
 * What may be sent as a message: a string becomes a text message, bytes become a binary one. Pure.
 */
import { HoldfastError } from '../base/errors.ts'

/** What `send` and `publish` take. Bytes must not be changed until they are sent. */
export type Message = string | ArrayBufferView | ArrayBuffer

/**
 * The bytes of a binary message, without a copy.
 *
 * @throws HoldfastError HF_SEND_TYPE when it is neither text nor bytes
 */
export function bytesOf(message: ArrayBufferView | ArrayBuffer, method: string): Uint8Array {
  if (message instanceof Uint8Array) return message
  if (ArrayBuffer.isView(message)) return new Uint8Array(message.buffer, message.byteOffset, message.byteLength)
  if (message instanceof ArrayBuffer) return new Uint8Array(message)
  throw new HoldfastError('HF_SEND_TYPE', {
    method,
    value: message === null ? 'null' : `a value of type ${typeof message}`,
  })
}
