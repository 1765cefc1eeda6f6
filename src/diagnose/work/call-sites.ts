/**
 * Where in the code things are put into scopes: a few lines for each route, kind and name.
 *
 * A look at the stack costs some microseconds, so the first time is looked at, and then one time of many. Owned by the work
 * report; holds strings and numbers only, never an Error, which would keep what was on its stack. Bounded by SITES_MAX.
 */
import { fileURLToPath } from 'node:url'

/** A line of code. */
export interface CallSite {
  /** Of the function it is in; empty at the top of a module. */
  readonly function: string
  /** A path; where the stack names it as something else, that. */
  readonly file: string
  readonly line: number
}

const SITES_MAX = 1_000
const LINES_MAX = 3
const ONE_OF = 128
const FRAMES = 16

interface Site {
  seen: number
  readonly lines: CallSite[]
}

/** What is on the stack of our own is not where something was asked for. */
const ROOT = fileURLToPath(new URL('../../../', import.meta.url))
/** Where source maps are followed, what runs from dist/ says that it is from src/. */
const OWN = [`${ROOT}dist/`, `${ROOT}src/`]
const FRAME = /^\s*at (?:(.*?) \()?((?:file:\/\/|node:|\/|[A-Za-z]:\\)?[^()]*?):(\d+):\d+\)?$/

export class CallSites {
  // Bounded by SITES_MAX; never shrinks.
  readonly #sites = new Map<string, Site>()
  readonly #own: readonly string[]
  /** Names that came when there were as many as there may be. */
  dropped = 0

  /** @param own where frames begin that are left out */
  constructor(own: readonly string[] = OWN) {
    this.#own = own
  }

  /** To be called within the call whose line is wanted. */
  note(key: string): void {
    let site = this.#sites.get(key)
    if (site === undefined) {
      if (this.#sites.size >= SITES_MAX) {
        this.dropped++
        return
      }
      site = { seen: 0, lines: [] }
      this.#sites.set(key, site)
    }
    if (site.seen++ % ONE_OF !== 0 || site.lines.length >= LINES_MAX) return
    const found = this.#look()
    if (found !== null && !site.lines.some((one) => one.line === found.line && one.file === found.file)) {
      site.lines.push(found)
    }
  }

  /** The lines that were seen, most of them one. */
  of(key: string): readonly CallSite[] {
    return this.#sites.get(key)?.lines ?? []
  }

  #look(): CallSite | null {
    const { stackTraceLimit } = Error
    const holder: { stack?: unknown } = {}
    Error.stackTraceLimit = FRAMES
    Error.captureStackTrace(holder)
    Error.stackTraceLimit = stackTraceLimit
    // An application may have its own way to write a stack.
    return typeof holder.stack === 'string' ? firstFrame(holder.stack, this.#own) : null
  }
}

/** Where in the application something was asked for; null when only this library and Node are on the stack. */
export function siteOf(stack: string): CallSite | null {
  return firstFrame(stack, OWN)
}

/** The first frame of a stack that is neither in `own` nor of Node itself; null when there is none. */
export function firstFrame(stack: string, own: readonly string[]): CallSite | null {
  for (const text of stack.split('\n')) {
    const [, name = '', named = '', line = ''] = FRAME.exec(text) ?? []
    const file = named.startsWith('file://') ? pathOf(named) : named
    if (file === '' || file.startsWith('node:') || own.some((folder) => file.startsWith(folder))) continue
    return { function: name.replace(/^(?:async )?(?:Object\.)?/, ''), file, line: Number(line) }
  }
  return null
}

function pathOf(url: string): string {
  try {
    return fileURLToPath(url)
  } catch {
    return url
  }
}
