// One WebSocket that comes back: how it ended decides whether, and chance decides when.
//
// Full jitter: the wait is a random part of a bound that doubles with each try. After a restart of the server its clients
// therefore return spread over time, not all in the same moment. Ends with end(), or when the server says to stay away.

const WAIT_FIRST_MS = 500
const WAIT_MAX_MS = 20_000
const STEADY_AFTER_MS = 5_000 // open for so long: the next loss counts as the first again
const STAY_AWAY = new Set([1000, 1002, 1003, 1005, 1007, 1008, 1009, 1010, 1015])

/**
 * Opens a link and keeps it open.
 * @param {URL} url
 * @param {object} listeners
 * @param {(now: {state: 'connecting'|'open'|'waiting'|'stopped', ending?: {code: number, reason: string}, inMs?: number}) => void} listeners.onState
 * @param {(data: string) => void} listeners.onMessage
 */
export function openLink(url, { onState, onMessage }) {
  let socket
  let timer
  let tries = 0
  let ended = false

  connect()
  return { send, end }

  function connect(ending) {
    onState({ state: 'connecting', ending })
    let openedAt
    socket = new WebSocket(url)
    socket.addEventListener('open', () => {
      openedAt = performance.now()
      onState({ state: 'open' })
    })
    socket.addEventListener('message', (event) => !ended && onMessage(event.data))
    socket.addEventListener('close', ({ code, reason }) => {
      if (ended) return
      if (openedAt !== undefined && performance.now() - openedAt > STEADY_AFTER_MS) tries = 0
      if (shouldStayAway(code)) onState({ state: 'stopped', ending: { code, reason } })
      else comeBack({ code, reason })
    })
  }

  function comeBack(ending) {
    const inMs = Math.random() * Math.min(WAIT_MAX_MS, WAIT_FIRST_MS * 2 ** tries)
    tries += 1
    onState({ state: 'waiting', ending, inMs })
    timer = setTimeout(connect, inMs, ending)
  }

  /** False when there is no open connection to send it on. */
  function send(data) {
    if (socket.readyState !== WebSocket.OPEN) return false
    socket.send(data)
    return true
  }

  function end() {
    ended = true
    clearTimeout(timer)
    socket.close(1000, 'left')
  }
}

/** In Holdfast's codes of its own, 3000 to 4999, the lower half of each thousand means: come back. */
function shouldStayAway(code) {
  return code >= 3000 ? code % 1000 >= 500 : STAY_AWAY.has(code)
}
