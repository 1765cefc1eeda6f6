/**
 * What the handlers of the nothing-left server count: by the way a connection was to end, and what is still held. Owned by one
 * server of the test; holds names, ids and numbers only, so that it keeps no connection alive.
 */
export class Counts {
  /** Ids whose `open` has run and whose `close` has not. */
  readonly open = new Set<string>()
  opens = 0
  closes = 0
  /** Put into scopes, and released from them. */
  created = 0
  released = 0
  /** How many connections ended with each code, by way: `peer-close 1000`. */
  readonly endings = new Map<string, number>()
  /** How many upgrade requests of each way were answered with each status: `path 404`. */
  readonly refusals = new Map<string, number>()
  /** What must never happen, in words. */
  readonly wrongs: string[] = []

  hold(): () => void {
    this.created += 1
    return () => {
      this.released += 1
    }
  }

  ended(way: string, code: number): void {
    const key = `${way} ${code}`
    this.endings.set(key, (this.endings.get(key) ?? 0) + 1)
  }

  /** How often connections of this way ended, by code. */
  codesOf(way: string): Record<string, number> {
    const found = [...this.endings].filter(([key]) => key.startsWith(`${way} `))
    return Object.fromEntries(found.map(([key, count]) => [key.slice(way.length + 1), count]))
  }
}
