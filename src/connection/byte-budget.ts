/**
 * A number of bytes that many share. Counts, refuses nothing by itself: whoever adds looks at `spent`.
 * Owned by the server; each connection gives back what it took when it closes.
 */
export class ByteBudget {
  readonly bytesMax: number
  bytes = 0

  constructor(bytesMax: number) {
    this.bytesMax = bytesMax
  }

  get spent(): boolean {
    return this.bytes > this.bytesMax
  }

  add(bytes: number): void {
    this.bytes += bytes
  }
}
