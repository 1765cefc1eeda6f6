/** What a scope needs of its surroundings, and what it tells. Types, and one small function; nothing to end. */
import type { HoldfastError } from './errors.ts'
import type { Wheel } from './wheel.ts'

/** Told of what is put into scopes, while somebody wants to know. Must not throw, and must not keep a promise. */
export interface ScopeObserver {
  /** Called within the call that added it: who that was is on the stack. @param label of the scope's surroundings */
  scopeOnAdded(label: string, kind: Held['kind'], name: string): void
  taskOnStarted(label: string, name: string, promise: Promise<unknown>): void
  /** It has settled. Maybe nobody was told that it started. */
  taskOnSettled(promise: Promise<unknown>): void
}

/** What a scope needs of its surroundings. */
export interface ScopeContext {
  readonly wheel: Wheel
  /** Whose scopes these are: a route, say. Default: `scope`. */
  readonly label?: string
  /** Null while nobody wants to know. */
  readonly observer?: ScopeObserver | null
  /** Must not throw. */
  scopeOnError(error: HoldfastError): void
}

/** One thing a scope holds. */
export interface Held {
  readonly kind: 'defer' | 'timer' | 'listener' | 'resource' | 'task' | 'scope'
  readonly name: string
  readonly ageMs: number
}

/** Whose scopes these are, in words. */
export function labelOf({ label }: ScopeContext): string {
  return label ?? 'scope'
}
