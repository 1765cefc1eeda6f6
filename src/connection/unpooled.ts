/** A buffer that keeps no more memory than its own. A function; nothing to end. */

/** What may wait for long has memory of its own: a slice of a pool would keep the whole pool. */
export function unpooled(frame: Buffer): Buffer {
  if (frame.buffer.byteLength === frame.length) return frame
  const own = Buffer.allocUnsafeSlow(frame.length)
  own.set(frame)
  return own
}
