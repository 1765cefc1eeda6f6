/**
 * The old side of moves: which connections could leave, and freezing one. What follows is in connection/move.ts.
 * Owned by the server; holds nothing of the connections, so there is nothing to end.
 */
import { type Connection, lifeOf } from '../connection/connection.ts'
import { freeze } from '../connection/move.ts'
import { type MoveObstacle, type MoveWait, obstacleOf, waitOf } from '../connection/obstacle.ts'
import { isServed } from '../connection/state.ts'
import { type Topic, topicsOf } from '../connection/topic.ts'
import type { Hub } from '../hub/hub.ts'
import type { Departures, Frozen } from './internals.ts'

export class HubDepartures implements Departures {
  readonly #hub: Hub

  constructor(hub: Hub) {
    this.#hub = hub
  }

  obstacle(connection: Connection): MoveObstacle | null {
    const life = lifeOf(connection)
    return life === null ? 'state' : obstacleOf(life)
  }

  waitsFor(connection: Connection): MoveWait | null {
    const life = lifeOf(connection)
    return life === null ? null : waitOf(life)
  }

  topicsOf(connection: Connection): readonly Topic[] {
    const life = lifeOf(connection)
    return life === null ? [] : topicsOf(life.rooms ?? [], life.user)
  }

  *connections(): IterableIterator<Connection> {
    for (const life of this.#hub.lives()) if (isServed(life.state)) yield life.connection
  }

  async freeze(connection: Connection, withinMs: number): Promise<Frozen | null> {
    const life = lifeOf(connection)
    return life === null ? null : freeze(life, withinMs)
  }
}
