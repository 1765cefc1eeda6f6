/**
 * What opens and ends in this process while a test runs: of every server, whichever copy of the library it is from, heard on
 * the diagnostics channels of the process.
 *
 * Owned by one `expectNoLeaks`. Ends with `end()`, which takes its subscriptions back.
 */
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { OBJECT } from '../census/census.ts'
import { CONNECTION, UPGRADE_REQUEST } from '../census/census-of-server.ts'

interface Heard {
  readonly connection?: object & { readonly id: string }
  readonly request?: object
  readonly route: string
}

export class EndedHere {
  readonly #watch: (object: object, kind: string, route: string) => void
  readonly #subscriptions: readonly (readonly [channel: string, listener: (message: unknown) => void])[]
  // Of connections that have opened here, by id, with their route. Removed by: close and moved. Bounded by those that are open.
  readonly #open = new Map<string, string>()

  constructor(watch: (object: object, kind: string, route: string) => void) {
    this.#watch = watch
    const opened = (message: unknown): void => {
      const { connection, route } = message as Heard
      if (connection !== undefined) this.#open.set(connection.id, route)
    }
    const ended = (message: unknown): void => {
      const { connection, request, route } = message as Heard
      if (connection !== undefined) {
        this.#open.delete(connection.id)
        this.#watch(connection, CONNECTION, route)
      }
      if (request !== undefined) this.#watch(request, UPGRADE_REQUEST, route)
    }
    const expected = (message: unknown): void => {
      const { object, name } = message as { readonly object: object; readonly name: string }
      this.#watch(object, OBJECT, name)
    }
    this.#subscriptions = [
      ['holdfast:open', opened],
      ['holdfast:adopted', opened],
      ['holdfast:close', ended],
      ['holdfast:moved', ended],
      ['holdfast:revoked', ended],
      ['holdfast:expected', expected],
    ]
    for (const [channel, listener] of this.#subscriptions) subscribe(channel, listener)
  }

  /** How many that opened here are open still, by route. */
  get open(): ReadonlyMap<string, number> {
    const counts = new Map<string, number>()
    for (const route of this.#open.values()) counts.set(route, (counts.get(route) ?? 0) + 1)
    return counts
  }

  end(): void {
    for (const [channel, listener] of this.#subscriptions) unsubscribe(channel, listener)
    this.#open.clear()
  }
}
