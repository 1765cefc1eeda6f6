/**
 * A network of its own for the peers of a drill, which can be cut off: a namespace joined to ours by a veth pair (Linux, root).
 * What is cut is the peers' end: what the server sends goes nowhere, and nothing says so.
 *
 * Owned by the drill. Ends with `end()`, at the latest with the process: names have its pid and a number, and two never meet.
 */
import { spawnSync } from 'node:child_process'
import { whenOver } from './over.ts'

const DEADLINE_MS = 10_000

export class PeerNetwork {
  /** Where the peers reach the server. */
  readonly host: string
  /** Put before a command, runs it inside. */
  readonly through: readonly string[]
  readonly #name: string
  readonly #inside: string
  readonly #outside: string
  readonly #forget: () => void

  /** @param number of this network in this process, from 0 to 9 */
  constructor(number = 0) {
    this.#name = `hf-drill-${process.pid}-${number}`
    // At most 15 characters.
    this.#inside = `hfi${process.pid}-${number}`
    this.#outside = `hfo${process.pid}-${number}`
    // 198.18.0.0/15 is for measurements (RFC 2544): nobody is there. It has 32,768 networks of four addresses.
    const at = ((process.pid * 10 + number) % 32_768) * 4
    const prefix = `198.${18 + (at >> 16)}.${(at >> 8) & 255}.`
    this.host = `${prefix}${(at & 255) + 1}`
    this.through = ['ip', 'netns', 'exec', this.#name]
    this.#forget = whenOver(() => this.#remove())
    try {
      ip('netns', 'add', this.#name)
      ip('link', 'add', this.#outside, 'type', 'veth', 'peer', 'name', this.#inside, 'netns', this.#name)
      ip('addr', 'add', `${this.host}/30`, 'dev', this.#outside)
      ip('link', 'set', this.#outside, 'up')
      ip('-n', this.#name, 'addr', 'add', `${prefix}${(at & 255) + 2}/30`, 'dev', this.#inside)
      ip('-n', this.#name, 'link', 'set', this.#inside, 'up')
    } catch (thrown) {
      this.end()
      throw thrown
    }
  }

  /** Why there can be none here, or null. */
  static missing(): string | null {
    if (process.getuid?.() !== 0) return 'not root'
    const name = `hf-try-${process.pid}`
    try {
      ip('netns', 'add', name)
      return null
    } catch (thrown) {
      return thrown instanceof Error ? thrown.message : String(thrown)
    } finally {
      spawnSync('ip', ['netns', 'del', name], { stdio: 'ignore', timeout: DEADLINE_MS })
    }
  }

  /** From now on nothing comes through, in either direction. */
  cut(): void {
    ip('-n', this.#name, 'link', 'set', this.#inside, 'down')
  }

  /** The processes inside should have ended: the namespace stays as long as one of them. */
  end(): void {
    this.#forget()
    this.#remove()
  }

  #remove(): void {
    // Its end takes the pair along; first, because the namespace itself may live on in a process.
    for (const args of [
      ['link', 'del', this.#outside],
      ['netns', 'del', this.#name],
    ]) {
      spawnSync('ip', args, { stdio: 'ignore', timeout: DEADLINE_MS })
    }
  }
}

function ip(...args: string[]): void {
  const { status, stderr, error } = spawnSync('ip', args, { encoding: 'utf8', timeout: DEADLINE_MS })
  if (status !== 0) throw new Error(`ip ${args.join(' ')}: ${error?.message ?? stderr.trim()}`)
}
