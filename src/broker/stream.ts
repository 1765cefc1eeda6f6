/**
 * What a broker knows of one topic. Owned by the broker; ends when nobody wants the topic, here or elsewhere.
 */
import type { Link } from './links.ts'

export class Stream {
  /** Somebody here wants it. */
  wanted = false
  /** The others have been told that somebody here does. */
  told = false
  /** Of our last message. */
  number: number
  /** Where it is wanted, and whether nothing of it has gone there yet. */
  // Removed by: their interest that goes, the end of the link.
  readonly links = new Map<Link, boolean>()
  /** The number of the last message of each other worker. */
  // Removed by: the broker, a minute after the worker has gone.
  readonly last = new Map<string, number>()

  constructor(number: number) {
    this.number = number
  }

  get inUse(): boolean {
    return this.wanted || this.told || this.links.size > 0
  }

  /** What has been delivered of it here. */
  marks(self: string): Readonly<Record<string, number>> {
    const marks = Object.fromEntries(this.last)
    if (this.number > 0) marks[self] = this.number
    return marks
  }
}
