/**
 * The page's end of the live channel: connects, comes back when it is lost, and notices when nothing comes any more.
 *
 * One for the page, which owns it; ends with the page.
 */
import { LIVE_PATH, type Told } from '../../src/ops/live/wire.ts'
import { afterLoss, afterMessage, afterSilence, beginning, type State } from './state.ts'

const SILENCE_MS = 3_500
const RETRY_FIRST_MS = 1_000
const RETRY_MAX_MS = 10_000

export class Live {
  state: State = beginning(Date.now())
  // Removed by: the function returned by subscribe(). Bounded by the parts of the page.
  readonly #listeners = new Set<() => void>()
  #tries = 0
  #silence: ReturnType<typeof setTimeout> | undefined
  #started = false

  /** The first one connects. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener)
    if (!this.#started) {
      this.#started = true
      this.#connect()
    }
    return () => this.#listeners.delete(listener)
  }

  #connect(): void {
    const url = new URL(LIVE_PATH, location.href)
    url.protocol = location.protocol === 'https:' ? 'wss:' : 'ws:'
    const socket = new WebSocket(url)
    socket.addEventListener('message', ({ data }) => {
      this.#tries = 0
      this.#listen()
      this.#set(afterMessage(this.state, JSON.parse(String(data)) as Told, Date.now()))
    })
    socket.addEventListener('close', () => {
      clearTimeout(this.#silence)
      const waitMs = Math.min(RETRY_MAX_MS, RETRY_FIRST_MS * 2 ** this.#tries++)
      this.#set(afterLoss(this.state, Date.now(), Date.now() + waitMs))
      setTimeout(() => this.#connect(), waitMs)
    })
  }

  #listen(): void {
    clearTimeout(this.#silence)
    this.#silence = setTimeout(() => this.#set(afterSilence(this.state)), SILENCE_MS)
  }

  #set(state: State): void {
    this.state = state
    for (const listener of this.#listeners) listener()
  }
}
