/**
 * Typed events: how the library announces what happens. It never logs.
 *
 * Each event goes to the listeners of this object and to the diagnostics channel `holdfast:<name>`, which everybody in
 * the process may subscribe to. Ask `wanted(name)` first where building the payload costs anything.
 * Owned by the server. A listener ends by the function `on` returned; all end with the object itself.
 * A listener that throws never reaches the code that announced: its error goes to `onListenerError`.
 */
import { type Channel, channel } from 'node:diagnostics_channel'

export class Events<Payloads extends object> {
  readonly #onListenerError: (event: string, thrown: unknown) => void
  // Removed by: the function returned by on(). Keys are event names of the code, bounded by their number.
  readonly #listeners = new Map<keyof Payloads, Set<(payload: never) => void>>()
  // Bounded: keys are event names of the code. Channels belong to the process.
  readonly #channels = new Map<keyof Payloads, Channel>()

  constructor(onListenerError: (event: string, thrown: unknown) => void) {
    this.#onListenerError = onListenerError
  }

  /** Calls `listener` for each event of that name, until the returned function is called. */
  on<Name extends keyof Payloads>(name: Name, listener: (payload: Payloads[Name]) => void): () => void {
    let listeners = this.#listeners.get(name)
    if (listeners === undefined) {
      listeners = new Set()
      this.#listeners.set(name, listeners)
    }
    // A function of its own, so that one listener added twice is two listeners, each ended by its own return value.
    const entry = (payload: Payloads[Name]): void => listener(payload)
    listeners.add(entry)
    return () => {
      listeners.delete(entry)
    }
  }

  /** Is anybody listening, here or on the channel? */
  wanted(name: keyof Payloads): boolean {
    return this.listened(name) || this.#channel(name).hasSubscribers
  }

  /** Is anybody listening on this object? */
  listened(name: keyof Payloads): boolean {
    const listeners = this.#listeners.get(name)
    return listeners !== undefined && listeners.size > 0
  }

  emit<Name extends keyof Payloads>(name: Name, payload: Payloads[Name]): void {
    const listeners = this.#listeners.get(name)
    if (listeners !== undefined) {
      for (const listener of listeners) {
        try {
          listener(payload as never)
        } catch (thrown) {
          this.#onListenerError(String(name), thrown)
        }
      }
    }
    const shared = this.#channel(name)
    if (shared.hasSubscribers) shared.publish(payload)
  }

  #channel(name: keyof Payloads): Channel {
    let shared = this.#channels.get(name)
    if (shared === undefined) {
      shared = channel(`holdfast:${String(name)}`)
      this.#channels.set(name, shared)
    }
    return shared
  }
}
