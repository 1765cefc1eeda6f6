/** What a scope can listen to, as far as it needs to know. Types only. */

/** Node's EventEmitter and its look-alikes. */
export interface Emitter {
  on(event: string, listener: Listener): unknown
  off(event: string, listener: Listener): unknown
}

// biome-ignore lint/suspicious/noExplicitAny: what an emitter passes is the user's to say, as in Node's own types.
export type Listener = (...args: any[]) => void
