/**
 * The client's side of the wire for tests: frames of any shape, right or wrong, and ways to split a stream.
 */

export interface FrameShape {
  readonly opcode: number
  readonly payload?: Uint8Array | string
  /** Default true. */
  readonly fin?: boolean
  /** Reserved bits, 0-7: RSV1 is 4. Default 0. */
  readonly rsv?: number
  /** The four key bytes, or null for a frame that is not masked. Default 0x9f3cc35a. */
  readonly mask?: number | null
  /** Bits of the length field, whatever the length. Default: the shortest form. */
  readonly lengthBits?: 7 | 16 | 64
  /** The length the header announces, when it is not the payload's. */
  readonly announced?: number | bigint
}

export function clientFrame(shape: FrameShape): Buffer {
  const payload = Buffer.from(shape.payload ?? '')
  const announced = BigInt(shape.announced ?? payload.length)
  const bits = shape.lengthBits ?? (announced < 126n ? 7 : announced < 65_536n ? 16 : 64)
  const mask = shape.mask === undefined ? 0x9f3cc35a : shape.mask
  const masked = mask === null ? 0 : 0x80
  const header = Buffer.alloc(bits === 7 ? 2 : bits === 16 ? 4 : 10)
  header[0] = (shape.fin === false ? 0 : 0x80) | ((shape.rsv ?? 0) << 4) | shape.opcode
  header[1] = masked | (bits === 7 ? Number(announced) : bits === 16 ? 126 : 127)
  if (bits === 16) header.writeUInt16BE(Number(announced), 2)
  if (bits === 64) header.writeBigUInt64BE(announced, 2)
  if (mask === null) return Buffer.concat([header, payload])
  const key = Buffer.alloc(4)
  key.writeUInt32BE(mask >>> 0)
  for (let at = 0; at < payload.length; at += 1) payload[at] = payload[at]! ^ key[at & 3]!
  return Buffer.concat([header, key, payload])
}

/** One message in frames of the given payload sizes; what is left over goes into a last frame. */
export function clientMessage(opcode: number, payload: Buffer, sizes: readonly number[], between?: Buffer): Buffer {
  const frames: Buffer[] = []
  let start = 0
  for (const [index, size] of [...sizes, payload.length].entries()) {
    const last = index === sizes.length
    const end = last ? payload.length : Math.min(payload.length, start + size)
    frames.push(clientFrame({ opcode: index === 0 ? opcode : 0, fin: last, payload: payload.subarray(start, end) }))
    if (!last && between) frames.push(between)
    start = end
  }
  return Buffer.concat(frames)
}

/** Copies of the stream's pieces, each with memory of its own: the reader may write into them. */
export function* chunksOf(stream: Buffer, size: number): Generator<Buffer> {
  for (let at = 0; at < stream.length; at += size) {
    const piece = stream.subarray(at, at + size)
    const chunk = Buffer.allocUnsafeSlow(piece.length)
    piece.copy(chunk)
    yield chunk
  }
}
