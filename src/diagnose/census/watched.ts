/**
 * The ended objects that are watched: weakly, by kind and route, with the time they ended.
 *
 * Owned by a census. An entry goes when its object has gone, which is noticed when they are counted. At most `max` are watched: beyond that, the group with most entries is thinned by half, and of
 * what still comes to it one in two is watched, one in four, and so on. An entry weighs as many as it stands for, so that
 * counts can be scaled; groups of which few end stay whole. Ends with `clear()`.
 */

/** Objects of one kind and route. Names come from routes and from users, so they have a bound of their own. */
interface Group {
  readonly kind: string
  readonly route: string
  /** One in so many is watched from now on; a power of two. */
  oneIn: number
  entries: number
}

/** What has been counted of one group. */
export interface Tally {
  readonly kind: string
  readonly route: string
  /** Entries, and how many objects they stand for. */
  seen: number
  count: number
  oldestEndedAt: number
  youngestEndedAt: number
  /** Those of them that ended before the time that was asked for. */
  lateSeen: number
  late: number
}

const GROUPS_MAX = 1_000
/** Where names go that are too many. */
const OTHERS = '(others)'
const ONE_IN_MAX = 2 ** 20

export class Watched {
  readonly #max: number
  readonly #random: () => number
  // Four columns of one table: a row for each object. Bounded by #max.
  #references: WeakRef<object>[] = []
  #groups: Group[] = []
  #endedAt: number[] = []
  #weights: number[] = []
  // Bounded by GROUPS_MAX and one for each kind. Removed by: #drop, when the group has no entry.
  readonly #known = new Map<string, Map<string, Group>>()
  #groupCount = 0

  /** @param random from 0 to below 1 */
  constructor(max: number, random: () => number) {
    this.#max = max
    this.#random = random
  }

  get size(): number {
    return this.#references.length
  }

  /** 1, unless some group is sampled: then one in so many. */
  get sampledOneIn(): number {
    return this.#weights.reduce((most, weight) => Math.max(most, weight), 1)
  }

  /** It has ended now. */
  add(object: object, kind: string, route: string, now: number): void {
    // First: what makes room may sample this very group from now on.
    if (this.size >= this.#max) this.#makeRoom()
    const group = this.#groupOf(kind, route)
    if (group.oneIn > 1 && this.#random() * group.oneIn >= 1) return
    this.#references.push(new WeakRef(object))
    this.#groups.push(group)
    this.#endedAt.push(now)
    this.#weights.push(group.oneIn)
    group.entries++
  }

  /**
   * Drops what has gone and counts the rest, of what ended at `until` at the latest. To be called in a job of its own:
   * whatever is found is kept until the job ends.
   *
   * @param lateBefore those that ended before it are counted apart
   */
  count(until: number, lateBefore: number): Tally[] {
    this.#drop()
    this.#relax()
    const tallies = new Map<Group, Tally>()
    for (let row = 0; row < this.size; row++) {
      const endedAt = this.#endedAt[row] as number
      if (endedAt > until) continue
      const group = this.#groups[row] as Group
      const weight = this.#weights[row] as number
      const tally = tallies.get(group) ?? emptyTally(group)
      tallies.set(group, tally)
      tally.seen++
      tally.count += weight
      tally.oldestEndedAt = Math.min(tally.oldestEndedAt, endedAt)
      tally.youngestEndedAt = Math.max(tally.youngestEndedAt, endedAt)
      if (endedAt >= lateBefore) continue
      tally.lateSeen++
      tally.late += weight
    }
    return [...tallies.values()]
  }

  clear(): void {
    this.#keepRows(() => false)
    this.#known.clear()
    this.#groupCount = 0
  }

  #groupOf(kind: string, route: string): Group {
    let routes = this.#known.get(kind)
    if (routes === undefined) {
      routes = new Map()
      this.#known.set(kind, routes)
    }
    const known = routes.get(route)
    if (known !== undefined) return known
    if (this.#groupCount >= GROUPS_MAX && route !== OTHERS) return this.#groupOf(kind, OTHERS)
    const group = { kind, route, oneIn: 1, entries: 0 }
    routes.set(route, group)
    this.#groupCount++
    return group
  }

  /**
   * A quarter of the room, at least: what this costs is shared by as many that come. Nothing is looked at for it: looking at
   * 20,000 takes tens of milliseconds, and keeps what is found until the job ends.
   */
  #makeRoom(): void {
    const enough = this.#max - Math.max(1, Math.floor(this.#max / 4))
    while (this.size > enough) this.#thin(this.#largest())
  }

  #thin(group: Group): void {
    group.oneIn = Math.min(group.oneIn * 2, ONE_IN_MAX)
    // Every other one, beginning anywhere; of one, none.
    let stays = group.entries === 1 || this.#random() < 0.5
    this.#keepRows((row) => {
      if (this.#groups[row] !== group) return true
      stays = !stays
      if (stays) this.#weights[row] = (this.#weights[row] as number) * 2
      return stays
    })
  }

  #largest(): Group {
    let most = this.#groups[0] as Group
    for (const routes of this.#known.values()) {
      for (const group of routes.values()) if (group.entries > most.entries) most = group
    }
    return most
  }

  /** There is room again: what comes from now on is watched more closely. */
  #relax(): void {
    if (this.size > this.#max / 4) return
    for (const routes of this.#known.values()) {
      for (const group of routes.values()) group.oneIn = Math.max(1, group.oneIn / 2)
    }
  }

  /** What has gone, and groups that have nothing left. */
  #drop(): void {
    this.#keepRows((row) => isThere(this.#references[row] as WeakRef<object>))
    for (const [kind, routes] of this.#known) {
      for (const [route, group] of routes) {
        if (group.entries > 0 || group.oneIn > 1) continue
        routes.delete(route)
        this.#groupCount--
      }
      if (routes.size === 0) this.#known.delete(kind)
    }
  }

  #keepRows(stays: (row: number) => boolean): void {
    let kept = 0
    for (let row = 0; row < this.size; row++) {
      if (!stays(row)) {
        ;(this.#groups[row] as Group).entries--
        continue
      }
      this.#references[kept] = this.#references[row] as WeakRef<object>
      this.#groups[kept] = this.#groups[row] as Group
      this.#endedAt[kept] = this.#endedAt[row] as number
      this.#weights[kept] = this.#weights[row] as number
      kept++
    }
    this.#references.length = kept
    this.#groups.length = kept
    this.#endedAt.length = kept
    this.#weights.length = kept
  }
}

function emptyTally({ kind, route }: Group): Tally {
  const ages = { oldestEndedAt: Number.POSITIVE_INFINITY, youngestEndedAt: Number.NEGATIVE_INFINITY }
  return { kind, route, seen: 0, count: 0, ...ages, lateSeen: 0, late: 0 }
}

/** A function of its own, so that no stack frame of whoever counts keeps what `deref` returned. */
function isThere(reference: WeakRef<object>): boolean {
  return reference.deref() !== undefined
}
