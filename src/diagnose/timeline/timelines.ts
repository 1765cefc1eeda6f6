/**
 * What happened to each connection: those that are there, as they are when somebody asks, and the last that ended, with the reason
 * in words.
 *
 * Made for one server, and told by it from then on. Owned by whoever made it; ends with `end()`. Keeps strings and numbers of at most
 * KEPT_MAX that ended: no connection, and nothing a client has sent.
 */
import type { ConnectionFacts } from '../../connection/facts.ts'
import type { StateName } from '../../connection/state.ts'
import { entriesOf, type PingFigures, pingsOf, type TimelineEntry } from '../../connection/timeline.ts'
import type { ConnectionVisitor, EndObserver, ServerInternals } from '../../server/internals.ts'
import { type Diagnosis, diagnose } from './diagnosis.ts'

/** So many that ended are kept. */
export const KEPT_MAX = 1_000
export const LIST_MAX = 1_000

export interface ConnectionLine extends Omit<ConnectionFacts, 'openedAt' | 'ending' | 'timeline' | 'traceparent'> {
  /** As ISO 8601. */
  readonly openedAt: string
  /** Null when none was sent. */
  readonly pings: PingFigures | null
  /** How it ended, or is about to; null while it is open. */
  readonly ending: EndingLine | null
}

export interface EndingLine extends Diagnosis {
  /** Null for one that has moved. */
  readonly code: number | null
  readonly by: 'peer' | 'server' | 'network' | null
  readonly clean: boolean | null
}

export interface ConnectionReport extends ConnectionLine {
  /** Oldest first. */
  readonly timeline: readonly TimelineEntry[]
}

export interface ConnectionFilter {
  readonly route?: string | undefined
  readonly state?: StateName | undefined
  /** Part of an id or of a route, in any case; of one that ended, also of its cause. */
  readonly search?: string | undefined
  /** So many are left out at the beginning of each list. */
  readonly offset?: number | undefined
  readonly limit: number
}

export interface ConnectionList {
  readonly counts: {
    /** All that are not closed, whatever was asked for. */
    readonly present: number
    readonly byState: Readonly<Record<string, number>>
    readonly byRoute: Readonly<Record<string, number>>
    /** Since this has been looked at: ended or moved. */
    readonly ended: number
    /** Of those, how many are still known. */
    readonly endedKept: number
    /** Of these, by cause. */
    readonly endedByCause: Readonly<Record<string, number>>
    /** How many there are of what was asked for, shown or not. */
    readonly matching: { readonly present: number; readonly ended: number }
  }
  /** Newest first. */
  readonly present: readonly ConnectionLine[]
  /** Latest first. */
  readonly ended: readonly ConnectionLine[]
}

export type TimelineSource = Pick<ServerInternals, 'connections' | 'connection' | 'observeEnds'>

export class Timelines implements EndObserver {
  readonly #internals: TimelineSource
  readonly #unobserve: () => void
  readonly #keptMax: number
  // Bounded by #keptMax: the oldest goes; emptied by end().
  readonly #ended = new Map<string, ConnectionFacts>()
  #endedCount = 0

  constructor(internals: TimelineSource, keptMax = KEPT_MAX) {
    this.#internals = internals
    this.#keptMax = keptMax
    this.#unobserve = internals.observeEnds(this)
  }

  connectionOnEnded(facts: ConnectionFacts): void {
    this.#endedCount++
    // One that moved away and came back ends twice: the later end counts, and is the latest.
    this.#ended.delete(facts.id)
    this.#ended.set(facts.id, facts)
    if (this.#ended.size <= this.#keptMax) return
    const [oldest] = this.#ended.keys()
    if (oldest !== undefined) this.#ended.delete(oldest)
  }

  /** Looks at all that are there: about a millisecond for ten thousand. */
  list(filter: ConnectionFilter): ConnectionList {
    const look = new Look(filter)
    this.#internals.connections(look)
    const ended = [...this.#ended.values()].reverse()
    const matching = ended.filter((facts) => matches(filter, facts.route, facts.state, facts.id, facts))
    const { offset = 0, limit } = filter
    return {
      counts: {
        present: look.present,
        byState: Object.fromEntries(look.byState),
        byRoute: Object.fromEntries(look.byRoute),
        ended: this.#endedCount,
        endedKept: ended.length,
        endedByCause: Object.fromEntries(tally(ended.map((facts) => diagnose(facts)?.cause ?? 'unknown'))),
        matching: { present: look.matching, ended: matching.length },
      },
      present: look.newest().map(lineOf),
      ended: matching.slice(offset, offset + limit).map(lineOf),
    }
  }

  /** One that is there, or that ended not too long ago; null for any other id. */
  one(id: string): ConnectionReport | null {
    const facts = this.#internals.connection(id) ?? this.#ended.get(id)
    return facts === undefined ? null : { ...lineOf(facts), timeline: entriesOf(facts.timeline) }
  }

  end(): void {
    this.#unobserve()
    this.#ended.clear()
  }
}

function matches(
  { route: ofRoute, state: inState, search }: ConnectionFilter,
  route: string,
  state: StateName,
  id: string,
  ended: ConnectionFacts | null = null,
): boolean {
  if ((ofRoute ?? route) !== route || (inState ?? state) !== state) return false
  if (search === undefined || search === '') return true
  const text = search.toLowerCase()
  if (id.toLowerCase().includes(text) || route.toLowerCase().includes(text)) return true
  return ended !== null && diagnose(ended)?.cause.includes(text) === true
}

function lineOf(facts: ConnectionFacts): ConnectionLine {
  // Of the traceparent a part may be the client's.
  const { openedAt, ending, timeline, traceparent: _, ...plain } = facts
  const diagnosis = diagnose(facts)
  return {
    ...plain,
    openedAt: new Date(openedAt).toISOString(),
    pings: pingsOf(timeline, facts.ageMs),
    // Without its reason, which may be anybody's words.
    ending: diagnosis && {
      ...{ code: ending?.code ?? null, by: ending?.by ?? null, clean: ending?.clean ?? null },
      ...diagnosis,
    },
  }
}

function tally(names: Iterable<string>): Map<string, number> {
  const counts = new Map<string, number>()
  for (const name of names) count(counts, name)
  return counts
}

function count(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1)
}

/** One look at the connections of a server: counts all, and has the newest of what was asked for. */
class Look implements ConnectionVisitor {
  present = 0
  matching = 0
  // Made for one report; goes with it. Bounded by the states, and by the routes.
  readonly byState = new Map<string, number>()
  // Bounded by the routes.
  readonly byRoute = new Map<string, number>()
  readonly #filter: ConnectionFilter
  /** The last `limit` that matched, and those that are newer and left out, as a ring. */
  readonly #looks: (() => ConnectionFacts)[] = []
  readonly #offset: number
  readonly #kept: number

  constructor(filter: ConnectionFilter) {
    this.#filter = filter
    this.#offset = filter.offset ?? 0
    this.#kept = this.#offset + filter.limit
  }

  connectionOnSeen(route: string, state: StateName, look: () => ConnectionFacts, id: string): void {
    this.present++
    count(this.byState, state)
    count(this.byRoute, route)
    if (!matches(this.#filter, route, state, id)) return
    this.#looks[this.matching++ % this.#kept] = look
  }

  newest(): ConnectionFacts[] {
    const { length } = this.#looks
    return Array.from({ length: Math.max(0, length - this.#offset) }, (_, index) => {
      const look = this.#looks[(this.matching - 1 - this.#offset - index) % length] as () => ConnectionFacts
      return look()
    })
  }
}
