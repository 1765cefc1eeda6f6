/** What is said of a file that cannot be read as a heap snapshot: what was seen, where, and what was wanted. Pure. */
import { HoldfastError } from '../../base/errors.ts'

/** @param offset of the byte at which it was noticed, from the beginning of the file */
export function invalidSnapshot(seen: string, offset: number, wanted: string): HoldfastError {
  return new HoldfastError('HF_SNAPSHOT_INVALID', { seen, offset, wanted })
}

/** For a message: as it would be typed, or its number. */
export function showByte(byte: number): string {
  return byte > 32 && byte < 127 ? `'${String.fromCharCode(byte)}'` : `byte 0x${byte.toString(16).padStart(2, '0')}`
}
