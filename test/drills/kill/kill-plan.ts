/**
 * When who is killed: one moment of a reload for each, made from a seed. Pure.
 *
 * A phase says what has just happened, in the old worker or the new one; `nth` to how many connections; then it takes `delayMs` more.
 */

export const VICTIMS = ['old', 'new', 'supervisor'] as const
export type Victim = (typeof VICTIMS)[number]

/** In the order of a reload. */
export const PHASES = ['start', 'expect', 'freeze', 'state', 'handle', 'adopted', 'commit', 'drain'] as const
export type Phase = (typeof PHASES)[number]

/** What the app can be told to do wrong, so that the drill can be seen to find it. */
export const KILL_FAULTS = ['none', 'repeat', 'lose', 'hang', 'keep', 'stay', 'spare'] as const
export type KillFault = (typeof KILL_FAULTS)[number]

export interface Moment {
  readonly phase: Phase
  readonly nth: number
  /** 0: in the same turn of the event loop. */
  readonly delayMs: number
}

export interface Plan extends Moment {
  readonly victim: Victim
  /** `exit` is what a bad version does to itself. */
  readonly how: 'SIGKILL' | 'exit'
  readonly fault: KillFault
}

/** Happen once in a reload, and not to each connection. */
const ONCE: readonly Phase[] = ['start', 'drain']
const DELAY_MS_MAX = 40

/** From 0 to below 1, the same for the same seed (mulberry32). */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** So many moments, each phase as often as the others; every second one without a delay. */
export function momentsOf(count: number, connections: number, random: () => number): Moment[] {
  const first = Math.floor(random() * PHASES.length)
  return Array.from({ length: count }, (_, index) => {
    const phase = PHASES[(first + index) % PHASES.length] as Phase
    return {
      phase,
      nth: ONCE.includes(phase) ? 1 : 1 + Math.floor(random() * connections * 0.8),
      delayMs: random() < 0.5 ? 0 : Math.floor(random() * DELAY_MS_MAX),
    }
  })
}

/** The supervisor last: whoever kills it needs another one. */
export function plansOf(count: number, connections: number, seed: number, fault: KillFault = 'none'): Plan[] {
  const random = randomOf(seed)
  return VICTIMS.flatMap((victim) =>
    momentsOf(count, connections, random).map((moment): Plan => ({ ...moment, victim, how: 'SIGKILL', fault })),
  )
}

export function nameOf({ victim, phase, nth, delayMs, how, fault }: Plan): string {
  return `${fault === 'none' ? '' : `${fault}: `}${victim} ${how === 'exit' ? 'exits' : 'killed'} at ${phase} ${nth}${delayMs === 0 ? '' : ` + ${delayMs} ms`}`
}
