/** A buffer that keeps no more memory than its own. A function; nothing to end. */

/** What may wait for long has memory of its own: a slice of a pool would keep the whole pool. */
export function unpooled<Bytes extends Uint8Array>(bytes: Bytes): Bytes | Buffer {
  if (bytes.buffer.byteLength === bytes.length) return bytes
  const own = Buffer.allocUnsafeSlow(bytes.length)
  own.set(bytes)
  return own
}
