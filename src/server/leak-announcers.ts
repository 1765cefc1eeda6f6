/**
 * Who may announce leaks of a server: of several that look for them, the one that was there first, so that each leak is announced once. Owned by the
 * internals of the server; each leaves by its `end()`.
 */
import type { Events } from '../base/events.ts'
import type { ServerEvents } from './event-names.ts'

export interface LeakAnnouncer {
  /** As the event `leak`. */
  announce(leak: ServerEvents['leak']): void
  end(): void
}

export class LeakAnnouncers {
  readonly #events: Events<ServerEvents>
  // Removed by: end() of each. Bounded by the admin ports.
  readonly #all = new Set<LeakAnnouncer>()

  constructor(events: Events<ServerEvents>) {
    this.#events = events
  }

  add(): LeakAnnouncer {
    const one: LeakAnnouncer = {
      announce: (leak) => {
        const [first] = this.#all
        if (first === one && this.#events.wanted('leak')) this.#events.emit('leak', leak)
      },
      end: () => {
        this.#all.delete(one)
      },
    }
    this.#all.add(one)
    return one
  }
}
