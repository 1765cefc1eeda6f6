/**
 * Payloads for the cases: the same in every run. Pure functions; owned by the tables; hold nothing, so nothing ends.
 */

/** Bytes that look random and are always the same for a seed (mulberry32). */
export function noise(bytes: number, seed = 1): Buffer {
  const out = Buffer.allocUnsafe(bytes)
  let state = seed >>> 0
  for (let index = 0; index < bytes; index++) {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    out[index] = (mixed ^ (mixed >>> 14)) & 0xff
  }
  return out
}

/** Printable ASCII of exactly `bytes` bytes. */
export function ascii(bytes: number): Buffer {
  return Buffer.alloc(bytes, 'The quick brown fox jumps over the lazy dog, 0123456789. ')
}

/** Valid UTF-8 of exactly `bytes` bytes with characters of one to four bytes. */
export function utf8(bytes: number): Buffer {
  const pattern = Buffer.from('aµ€𝄞b')
  const whole = Math.floor(bytes / pattern.length) * pattern.length
  return Buffer.concat([Buffer.alloc(whole, pattern), Buffer.alloc(bytes - whole, '*')])
}

/** JSON of about `bytes` bytes, cut or padded to exactly that: what compresses as real traffic does. */
export function json(bytes: number): Buffer {
  const rows: string[] = []
  for (let size = 0, id = 0; size < bytes; id++) {
    const row = `{"id":${id},"user":"user-${(id * 7919) % 1000}","price":${((id * 104729) % 100000) / 100},"open":true},`
    rows.push(row)
    size += row.length
  }
  return Buffer.alloc(bytes, rows.join('') || ' ')
}

/** A block of noise that comes twice, further apart than a window of `windowBits`: only a wider one can refer to it. */
export function repeatBeyond(windowBits: number): Buffer {
  const block = noise(2 ** windowBits + 88, windowBits)
  return Buffer.concat([block, block])
}
