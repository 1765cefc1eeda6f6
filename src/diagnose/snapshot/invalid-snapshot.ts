/** What is said of a file that cannot be read as a heap snapshot: what was seen, where, and what was wanted. Pure. */
import { HoldfastError } from '../../base/errors.ts'
import { printableText } from '../../base/printable.ts'

/** HF_SNAPSHOT_INVALID. Its parts are kept, so that it can be made again in another process. */
export class InvalidSnapshot extends HoldfastError {
  readonly seen: string
  /** Of the byte at which it was noticed, from the beginning of the file. */
  readonly offset: number
  readonly wanted: string

  constructor(seen: string, offset: number, wanted: string) {
    super('HF_SNAPSHOT_INVALID', { seen, offset, wanted })
    this.seen = seen
    this.offset = offset
    this.wanted = wanted
  }
}

export function invalidSnapshot(seen: string, offset: number, wanted: string): InvalidSnapshot {
  // What was seen may be bytes of the file.
  return new InvalidSnapshot(printableText(seen), offset, wanted)
}

/** For a message: as it would be typed, or its number. */
export function showByte(byte: number): string {
  return byte > 32 && byte < 127 ? `'${String.fromCharCode(byte)}'` : `byte 0x${byte.toString(16).padStart(2, '0')}`
}
