/**
 * One connection of a soak: comes, talks, stays until it is told to leave, and leaves in one of several ways.
 *
 * Owned by its wave. `gone` resolves when its descriptor is back, which for one that vanishes is when the server lets go of it.
 */
import type { Clock } from '../../base/clock.ts'
import type { DialTarget } from '../dial/dial-target.ts'
import { Peer, type PeerEnd, type PeerOwner } from '../dial/peer.ts'
import { pause, within } from '../dial/waiting.ts'
import type { Step } from './script.ts'

/**
 * `close`: by the closing handshake. `reset`: TCP reset, as when a program is killed. `vanish`: falls silent and answers nothing,
 * as when a phone loses its network; the server has to notice by itself.
 */
export const LEAVES = ['close', 'reset', 'vanish'] as const
export type Leave = (typeof LEAVES)[number]

export interface VisitorLimits {
  readonly openMs: number
  /** For each answer, and for the goodbye. */
  readonly answerMs: number
}

/** What came of its visit. `said` is what is counted: `503 Service Unavailable`, `ECONNREFUSED`. */
export type Visit =
  | { readonly came: true; readonly talked: true }
  | { readonly came: true; readonly talked: false; readonly said: string }
  | { readonly came: false; readonly refusedWith: number | null; readonly said: string }

/** Messages that wait to be expected; older ones are forgotten. */
const HEARD_MAX = 1_000
const MESSAGE_BYTES_MAX = 64 * 1024 * 1024

export class Visitor implements PeerOwner {
  readonly gone: Promise<void>
  readonly #clock: Clock
  readonly #limits: VisitorLimits
  readonly #peer: Peer
  #heard: string[] = []
  #pongs = 0
  #end: PeerEnd | null = null
  /** Called when anything has happened. */
  #news: () => void = () => {}
  #over: () => void = () => {}

  constructor(target: DialTarget, clock: Clock, limits: VisitorLimits) {
    this.#clock = clock
    this.#limits = limits
    this.gone = new Promise((resolve) => {
      this.#over = resolve
    })
    this.#peer = new Peer(target, this, { clock, openMs: limits.openMs, messageBytesMax: MESSAGE_BYTES_MAX })
  }

  /** Comes and talks. Never throws. */
  async visit(script: readonly Step[]): Promise<Visit> {
    // The peer has a deadline of its own for this.
    while (!this.#peer.isOpen && this.#end === null) await this.#anything()
    if (!this.#peer.isOpen) return notCome(this.#end)
    for (const step of script) {
      const problem = await this.#step(step)
      if (problem !== null) return { came: true, talked: false, said: problem }
    }
    return { came: true, talked: true }
  }

  /** Resolves when it has left; one that vanishes has left at once, but not gone. */
  async leave(how: Leave): Promise<void> {
    if (how === 'vanish') this.#peer.fallSilent()
    else if (how === 'reset') this.#peer.reset()
    else this.#peer.close()
    if (how === 'vanish') return
    const late = this.#clock.after(this.#limits.answerMs, () => this.#peer.drop())
    await this.gone
    late.cancel()
  }

  /** Lets go at once, whatever it is doing. */
  drop(): void {
    this.#peer.drop()
  }

  peerOnOpen(): void {
    this.#news()
  }

  peerOnMessage(message: string | Buffer): void {
    this.#heard.push(typeof message === 'string' ? message : message.toString('latin1'))
    if (this.#heard.length > HEARD_MAX) this.#heard.shift()
    this.#news()
  }

  peerOnPong(): void {
    this.#pongs += 1
    this.#news()
  }

  peerOnEnd(end: PeerEnd): void {
    this.#end = end
    this.#heard = []
    this.#news()
    this.#over()
  }

  /** @returns what went wrong, or null */
  async #step(step: Step): Promise<string | null> {
    if (step.do === 'wait') await pause(this.#clock, step.ms)
    else if (step.do === 'send') this.#peer.send(step.text)
    else if (step.do === 'ping') {
      const before = this.#pongs
      this.#peer.ping()
      return this.#until(() => this.#pongs > before, 'no pong')
    } else return this.#until(() => this.#takes(step.text), `no message with "${step.text.slice(0, 60)}"`)
    return this.#end === null ? null : endedEarly(this.#end)
  }

  /** Takes all messages up to the first with this text. */
  #takes(text: string): boolean {
    const at = this.#heard.findIndex((message) => message.includes(text))
    if (at !== -1) this.#heard.splice(0, at + 1)
    return at !== -1
  }

  async #until(holds: () => boolean, otherwise: string): Promise<string | null> {
    const until = this.#clock.now() + this.#limits.answerMs
    while (!holds()) {
      if (this.#end !== null) return endedEarly(this.#end)
      const left = until - this.#clock.now()
      if (left <= 0) return `${otherwise} within ${this.#limits.answerMs} ms`
      await within(this.#clock, left, this.#anything(), () => new Error('late')).catch(() => {})
    }
    return null
  }

  #anything(): Promise<void> {
    return new Promise((resolve) => {
      this.#news = resolve
    })
  }
}

function notCome(end: PeerEnd | null): Visit {
  if (end?.how === 'refused') {
    return { came: false, refusedWith: end.status, said: `${end.status} ${end.statusText}`.trim() }
  }
  const failed = end?.how === 'failed' ? end : { code: '', problem: 'the connection was lost' }
  return { came: false, refusedWith: null, said: failed.code || failed.problem }
}

function endedEarly(end: PeerEnd): string {
  if (end.how !== 'ended') return 'the connection was lost'
  const reason = end.reason === '' ? '' : ` (${end.reason})`
  return end.code === 1006
    ? `the server hung up${end.problem === '' ? '' : ` (${end.problem})`}`
    : `the server closed with ${end.code}${reason}`
}
