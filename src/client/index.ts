/**
 * The door `holdfast/client`: one WebSocket that comes back. For browsers, and for Node with a WebSocket (22 or later, or `ws`).
 *
 * How it ended decides whether it comes back, the server may say when, and chance spreads it: full jitter, a random part of a
 * bound that doubles with each try. One file that imports nothing, so that a page can be given it as it is. A client has one
 * socket and one timer, whatever its state; it ends with `end()`, or when the close code says to stay away, and then it has
 * neither.
 */

/** How the last connection ended: code and reason of the close frame; 1006 when there was none, or none could be opened. */
export interface ClientEnding {
  readonly code: number
  readonly reason: string
}

/** `connecting`, `open`, `waiting` for `inMs` milliseconds before the next try, or `stopped` for good. */
export type ClientState =
  | { readonly name: 'connecting'; readonly ending?: ClientEnding | undefined }
  | { readonly name: 'open' }
  | { readonly name: 'waiting'; readonly ending: ClientEnding; readonly inMs: number }
  | { readonly name: 'stopped'; readonly ending: ClientEnding }

export interface ClientOptions<Data = string | ArrayBuffer> {
  /** Text is a string, bytes are an ArrayBuffer. */
  readonly onMessage?: (data: Data) => void
  /** Told of every state, the first included. */
  readonly onState?: (state: ClientState) => void
  /** Subprotocols to offer. */
  readonly protocols?: string | string[]
  /** Default: the WebSocket of the browser, or of Node from 22 on. */
  readonly WebSocket?: unknown
  /** The bound of the first wait in milliseconds; it doubles with each try that fails. Default 500. */
  readonly waitFirstMs?: number
  /** No bound is longer. Default 30,000. */
  readonly waitMaxMs?: number
  /** Open for so long, the next loss counts as the first again. Default 10,000. */
  readonly stableAfterMs?: number
  /** A try that is not open by then has failed. Default 10,000. */
  readonly connectTimeoutMs?: number
  /** From 0 to below 1; for tests. Default Math.random. */
  readonly random?: () => number
}

export interface Client {
  readonly state: ClientState
  /** Sends text or bytes. False, and nothing is kept for later, when there is no open connection. */
  send(data: string | ArrayBufferLike | ArrayBufferView): boolean
  /** Leaves, and does not come back. */
  end(code?: number, reason?: string): void
}

/** What is needed of a WebSocket. */
interface Socket {
  binaryType: string
  readonly readyState: number
  send(data: unknown): void
  close(code?: number, reason?: string): void
  addEventListener(type: string, listener: (event: SocketEvent) => void): void
}

interface SocketEvent extends ClientEnding {
  readonly data: unknown
}

type SocketClass = new (url: string | URL, protocols?: string | string[]) => Socket

const OPEN = 1
/** No server can make a client wait longer than an hour. */
const TOLD_MAX_MS = 3_600_000

/** Does a client come back after this close code? The table is that of `holdfast/protocol`, `adviceOf()`. */
export function comesBack(code: number): boolean {
  if (code >= 3000 && code <= 4999) return code % 1000 < 500
  return [1001, 1006, 1011, 1012, 1013, 1014].includes(code)
}

/**
 * Connects, and connects again whenever the connection is lost, until `end()` or a close code that says to stay away.
 *
 * @param url or a function that is asked before each try, for example to add a fresh token
 * @throws what `new WebSocket(url)` throws at the first try
 */
export function connect<Data = string | ArrayBuffer>(
  url: string | URL | (() => string | URL),
  options: ClientOptions<Data> = {},
): Client {
  const { onMessage, onState, protocols, random = Math.random } = options
  const { waitFirstMs = 500, waitMaxMs = 30_000, stableAfterMs = 10_000, connectTimeoutMs = 10_000 } = options
  const WebSocketClass = options.WebSocket ?? (globalThis as { WebSocket?: unknown }).WebSocket
  let socket: Socket | undefined
  let timer: ReturnType<typeof setTimeout> | undefined
  let tries = 0
  let state: ClientState

  // The last thing of every step: what it calls may throw, or end the client.
  const enter = (next: ClientState): void => {
    state = next
    onState?.(next)
  }
  const arm = (ms: number, fn: () => void): void => {
    clearTimeout(timer)
    timer = setTimeout(fn, ms)
  }
  const make = (): Socket => new (WebSocketClass as SocketClass)(typeof url === 'function' ? url() : url, protocols)

  const own = (made: Socket, ending?: ClientEnding): void => {
    socket = made
    made.binaryType = 'arraybuffer'
    // What an earlier socket still says is not for us.
    const listen = (type: string, fn: (event: SocketEvent) => void): void =>
      made.addEventListener(type, (event) => {
        if (made === socket) fn(event)
      })
    listen('error', () => {}) // `close` follows
    listen('message', ({ data }) => onMessage?.(data as Data))
    listen('close', ({ code, reason }) => lost({ code, reason }))
    listen('open', () => {
      arm(stableAfterMs, () => {
        tries = 0
      })
      enter({ name: 'open' })
    })
    arm(connectTimeoutMs, () => {
      socket = undefined
      made.close()
      failed(`not open after ${connectTimeoutMs} ms`)
    })
    enter({ name: 'connecting', ending })
  }

  const again = (ending: ClientEnding): void => {
    let made: Socket
    try {
      made = make()
    } catch (error) {
      failed(String(error))
      return
    }
    own(made, ending)
  }

  const failed = (reason: string): void => lost({ code: 1006, reason })

  const lost = (ending: ClientEnding): void => {
    socket = undefined
    clearTimeout(timer)
    if (!comesBack(ending.code)) {
      enter({ name: 'stopped', ending })
      return
    }
    const inMs = toldMs(ending.reason) + random() * Math.min(waitMaxMs, waitFirstMs * 2 ** tries++)
    arm(inMs, () => again(ending))
    enter({ name: 'waiting', ending, inMs })
  }

  if (typeof WebSocketClass !== 'function') throw new TypeError('no WebSocket here: give the option WebSocket')
  own(make())
  return {
    get state() {
      return state
    },
    send(data) {
      if (socket?.readyState !== OPEN) return false
      socket.send(data)
      return true
    },
    end(code = 1000, reason = '') {
      if (state.name === 'stopped') return
      // It throws when the code is none a client may send: then nothing has happened.
      socket?.close(code, reason)
      socket = undefined
      clearTimeout(timer)
      enter({ name: 'stopped', ending: { code, reason } })
    },
  }
}

/** How long the server has asked us to stay away: `{"retryAfterMs":1834}` as the reason of its close frame. */
function toldMs(reason: string): number {
  try {
    const told = JSON.parse(reason).retryAfterMs
    return told > 0 ? Math.min(told, TOLD_MAX_MS) : 0
  } catch {
    return 0
  }
}
