/**
 * How many file descriptors the process may have, and how many it has. The limit is read once; what is open is counted
 * rarely, and where that takes a while the count before holds until it is done. Null where there is no /proc: then there is
 * nothing to say. Owned by the server; holds three numbers, nothing to end.
 */
import { readFileSync } from 'node:fs'
import { openFiles } from './open-files.ts'

/** Where the numbers come from. */
export interface FileSources {
  /** The text of /proc/self/limits, or null. */
  limits(): string | null
  /** How many descriptors are open. Throws or rejects when none is left to count with. */
  open(): number | Promise<number>
}

const PROC: FileSources = {
  limits() {
    try {
      return readFileSync('/proc/self/limits', 'latin1')
    } catch {
      return null
    }
  },
  open: openFiles,
}

/** For what is not a connection: files, databases, and the sockets of those who are being refused. */
const RESERVE_SHARE = 0.05
const RESERVE_MIN = 32
const RESERVE_MAX = 1_000
/** Counted again after so long, sooner when there is little left. */
const LOOK_MS = 10_000
const LOOK_SOON_MS = 500

export class FileLimit {
  /** The soft limit. */
  readonly max: number
  readonly reserve: number
  readonly #sources: FileSources
  /** Those open that are not our sockets, as of the last look. */
  #others = 0
  #lookedAt = Number.NEGATIVE_INFINITY
  /** A count is under way; as many sockets there were when somebody asked last. */
  #looking = false
  #sockets = 0

  private constructor(max: number, sources: FileSources) {
    this.max = max
    this.reserve = Math.min(RESERVE_MAX, Math.max(RESERVE_MIN, Math.ceil(max * RESERVE_SHARE)))
    this.#sources = sources
  }

  /** Null when it is unlimited or cannot be read. */
  static read(sources: FileSources = PROC): FileLimit | null {
    const limit = /^Max open files\s+(\d+)/m.exec(sources.limits() ?? '')?.[1]
    return limit === undefined ? null : new FileLimit(Number(limit), sources)
  }

  /** May there be so many sockets? @param sockets that we hold, the one in question included */
  allows(sockets: number, nowMs: number): boolean {
    this.#sockets = sockets
    const agedMs = nowMs - this.#lookedAt
    const left = this.max - this.reserve - this.#others - sockets
    if (agedMs >= LOOK_MS || (agedMs >= LOOK_SOON_MS && left < this.reserve)) {
      this.#lookedAt = nowMs
      this.#look()
    }
    return this.#others + sockets <= this.max - this.reserve
  }

  #look(): void {
    if (this.#looking) return
    const found = (open: number): void => {
      this.#looking = false
      this.#others = Math.max(0, open - this.#sockets)
    }
    // Nothing was left to count with.
    const failed = (): void => found(Number.POSITIVE_INFINITY)
    this.#looking = true
    try {
      const open = this.#sources.open()
      if (typeof open === 'number') found(open)
      else open.then(found, failed)
    } catch {
      failed()
    }
  }
}
