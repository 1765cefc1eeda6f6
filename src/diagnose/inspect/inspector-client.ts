/**
 * Commands to the inspector of another process, over its WebSocket: each is answered, or fails by its deadline.
 *
 * Owned by whoever opened it; ends with `end()`, and when the process ends or closes its inspector: then everything that waits
 * fails, and `ended` resolves. What comes as events goes to those who listen, and to nobody else.
 */
import type { Clock } from '../../base/clock.ts'
import { HoldfastError } from '../../base/errors.ts'
import { targetOf } from '../dial/dial-target.ts'
import { Peer, type PeerEnd, type PeerOwner } from '../dial/peer.ts'
import { within } from '../dial/waiting.ts'

export type Answer = Readonly<Record<string, unknown>>

interface Waiting {
  resolve(answer: Answer): void
  reject(reason: unknown): void
}

const OPEN_MS = 10_000
const ASK_MS = 30_000
/** How long the goodbye may take. */
const END_MS = 1_000
/** Longer than any answer but an object that was asked for by value. */
const MESSAGE_BYTES_MAX = 512 * 1024 * 1024

export class InspectorClient implements PeerOwner {
  readonly pid: number
  /** Resolves when the connection is gone, however it went. */
  readonly ended: Promise<void>
  readonly #clock: Clock
  readonly #peer: Peer
  // Removed by: the answer, its deadline, or the end.
  readonly #waiting = new Map<number, Waiting>()
  // Removed by: the function `on()` returned. Bounded by the events somebody listens to.
  readonly #listeners = new Map<string, (params: Answer) => void>()
  #asked = 0
  #opened: () => void = () => {}
  #gone: () => void = () => {}
  #problem: string | null = null

  private constructor(pid: number, url: string, clock: Clock) {
    this.pid = pid
    this.#clock = clock
    this.ended = new Promise((resolve) => {
      this.#gone = resolve
    })
    this.#peer = new Peer(targetOf(url), this, { clock, openMs: OPEN_MS, messageBytesMax: MESSAGE_BYTES_MAX })
  }

  /** @throws HoldfastError HF_INSPECTOR_FAILED when it cannot be connected to */
  static async open(pid: number, url: string, clock: Clock): Promise<InspectorClient> {
    const client = new InspectorClient(pid, url, clock)
    await new Promise<void>((resolve) => {
      client.#opened = resolve
      void client.ended.then(resolve)
    })
    if (client.#problem !== null) throw client.#failed(client.#problem)
    return client
  }

  /**
   * Gives a command and waits for its answer.
   *
   * @throws HoldfastError HF_INSPECTOR_FAILED when the answer is an error, there is none in time, or the connection is lost
   */
  async ask(method: string, params: object = {}, deadlineMs: number = ASK_MS): Promise<Answer> {
    if (this.#problem !== null) throw this.#failed(this.#problem)
    this.#asked += 1
    const id = this.#asked
    const answered = new Promise<Answer>((resolve, reject) => this.#waiting.set(id, { resolve, reject }))
    this.#peer.send(JSON.stringify({ id, method, params }))
    try {
      return await within(this.#clock, deadlineMs, answered, () =>
        this.#failed(`no answer to ${method} within ${deadlineMs} ms`),
      )
    } finally {
      this.#waiting.delete(id)
    }
  }

  /** What an expression is, as JSON could say it. @throws HoldfastError HF_INSPECTOR_FAILED, also when it throws there */
  async evaluate(expression: string, deadlineMs?: number): Promise<unknown> {
    const asked = { expression, returnByValue: true, silent: true, includeCommandLineAPI: true }
    const { result, exceptionDetails } = await this.ask('Runtime.evaluate', asked, deadlineMs)
    if (exceptionDetails === undefined) return (result as { value?: unknown }).value
    const { text, exception } = exceptionDetails as { text?: string; exception?: { description?: string } }
    throw this.#failed(`it threw ${(exception?.description ?? text ?? 'something').split('\n')[0]}`)
  }

  /** One listener for an event; the function takes it off again. */
  on(event: string, listener: (params: Answer) => void): () => void {
    this.#listeners.set(event, listener)
    return () => void this.#listeners.delete(event)
  }

  /** Reads no more until `resume()`: what the process has to say waits, and in the end so does the process. */
  pause(): void {
    this.#peer.pause()
  }

  resume(): void {
    this.#peer.resume()
  }

  /** Everything that waits now fails with that; what is asked later does not. */
  giveUp(reason: unknown): void {
    for (const { reject } of this.#waiting.values()) reject(reason)
  }

  /** Says goodbye, and waits until the connection is gone. The inspector stays open. */
  async end(): Promise<void> {
    if (this.#problem !== null) return
    this.#peer.close()
    const late = this.#clock.after(END_MS, () => this.#peer.drop())
    await this.ended
    late.cancel()
  }

  peerOnOpen(): void {
    this.#opened()
  }

  peerOnMessage(message: string | Buffer): void {
    const { id, method, params, result, error } = parse(message)
    if (id === undefined) {
      this.#listeners.get(method ?? '')?.(params ?? {})
      return
    }
    const waiting = this.#waiting.get(id)
    if (error === undefined) waiting?.resolve(result ?? {})
    else waiting?.reject(this.#failed(error.message))
  }

  peerOnPong(): void {}

  peerOnEnd(end: PeerEnd): void {
    this.#problem = problemOf(end)
    for (const { reject } of this.#waiting.values()) reject(this.#failed(this.#problem))
    this.#gone()
  }

  #failed(seen: string): HoldfastError {
    return new HoldfastError('HF_INSPECTOR_FAILED', {
      ...{ pid: this.pid, seen, wanted: 'it to answer' },
      todo: 'look whether the process is still there, and whether another debugger has it',
    })
  }
}

interface Said {
  readonly id?: number
  readonly method?: string
  readonly params?: Answer
  readonly result?: Answer
  readonly error?: { readonly message: string }
}

function parse(message: string | Buffer): Said {
  try {
    return JSON.parse(String(message)) as Said
  } catch {
    return {}
  }
}

function problemOf(end: PeerEnd): string {
  if (end.how === 'refused') return `it answers ${end.status} ${end.statusText}`
  if (end.how === 'failed') return end.problem
  return end.problem === '' ? 'the connection has ended' : `the connection was lost: ${end.problem}`
}
