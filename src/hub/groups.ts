/**
 * Connections by a name that several of them share: the rooms of a hub, and its users.
 *
 * A group exists only while somebody is in it. Owned by the hub; empty when all connections have left.
 */
import type { Connection } from '../connection/connection.ts'
import type { Life } from '../connection/life.ts'

const NOBODY: ReadonlySet<Life> = new Set()

export class Groups {
  // Removed by: remove(), when the last member goes.
  readonly #members = new Map<string, Set<Life>>()

  /** How many groups have members. */
  get count(): number {
    return this.#members.size
  }

  /** Who is in it now. The set is live; it is nobody's any more once it has become empty. */
  of(name: string): ReadonlySet<Life> {
    return this.#members.get(name) ?? NOBODY
  }

  /** False when it is in it already. */
  add(name: string, life: Life): boolean {
    let members = this.#members.get(name)
    if (members === undefined) {
      members = new Set()
      this.#members.set(name, members)
    } else if (members.has(life)) return false
    members.add(life)
    return true
  }

  /** False when it is not in it. */
  remove(name: string, life: Life): boolean {
    const members = this.#members.get(name)
    if (members === undefined || !members.delete(life)) return false
    if (members.size === 0) this.#members.delete(name)
    return true
  }

  /** Who is in it when the iteration begins, without a copy: who leaves meanwhile is not met any more. */
  connectionsOf(name: string): Iterable<Connection> {
    return { [Symbol.iterator]: () => connections(this.of(name)) }
  }
}

function* connections(lives: Iterable<Life>): IterableIterator<Connection> {
  for (const life of lives) yield life.connection
}
