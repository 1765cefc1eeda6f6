/**
 * The page's end of the live channel: connects, comes back when it is lost, and notices when nothing comes any more.
 *
 * One for the page, which owns it; ends with the page.
 */
import { LIVE_PATH, type Told } from '../../src/ops/live/wire.ts'
import { isAnswering } from './ask.ts'
import { afterLoss, afterMessage, afterSilence, beginning, type State } from './state.ts'

const SILENCE_MS = 3_500
/** A connection on which nothing comes for so long more may be dead without anybody having said so: a tunnel that hangs, a lid that was closed. */
const GIVE_UP_MS = 15_000
const RETRY_FIRST_MS = 1_000
const RETRY_MAX_MS = 10_000
const ANSWER_MS = 3_000

export class Live {
  state: State = beginning(Date.now())
  // Removed by: the function returned by subscribe(). Bounded by the parts of the page.
  readonly #listeners = new Set<() => void>()
  #tries = 0
  #silence: ReturnType<typeof setTimeout> | undefined
  /** Of those before it nothing is heard any more. */
  #socket: WebSocket | null = null

  /** The first one connects. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener)
    if (this.#socket === null) this.#connect()
    return () => this.#listeners.delete(listener)
  }

  #connect(): void {
    const url = new URL(LIVE_PATH, location.origin)
    url.protocol = location.protocol === 'https:' ? 'wss:' : 'ws:'
    const socket = new WebSocket(url)
    let wasOpen = false
    this.#socket = socket
    this.#giveUpLater()
    socket.addEventListener('open', () => {
      wasOpen = true
      if (this.#socket === socket) this.#listen()
    })
    socket.addEventListener('message', ({ data }) => {
      if (this.#socket !== socket) return
      this.#tries = 0
      this.#listen()
      this.#set(afterMessage(this.state, JSON.parse(String(data)) as Told, Date.now()))
    })
    socket.addEventListener('close', () => {
      if (this.#socket === socket) void this.#lose(socket, wasOpen)
    })
  }

  async #lose(socket: WebSocket, wasOpen: boolean): Promise<void> {
    clearTimeout(this.#silence)
    const waitMs = Math.min(RETRY_MAX_MS, RETRY_FIRST_MS * 2 ** this.#tries++)
    const retryAt = Date.now() + waitMs
    setTimeout(() => this.#connect(), waitMs)
    // A browser does not say why it could not open one.
    const isRefused = !wasOpen && (await isAnswering(Math.min(ANSWER_MS, waitMs)))
    if (this.#socket === socket) this.#set(afterLoss(this.state, isRefused ? 'refused' : 'gone', Date.now(), retryAt))
  }

  #listen(): void {
    clearTimeout(this.#silence)
    this.#silence = setTimeout(() => {
      this.#giveUpLater()
      this.#set(afterSilence(this.state, Date.now() - SILENCE_MS))
    }, SILENCE_MS)
  }

  #giveUpLater(): void {
    clearTimeout(this.#silence)
    this.#silence = setTimeout(() => {
      this.#socket?.close()
      this.#connect()
    }, GIVE_UP_MS)
  }

  #set(state: State): void {
    this.state = state
    for (const listener of this.#listeners) listener()
  }
}
