/**
 * Close codes of RFC 6455 section 7.4 and the IANA registry, as data.
 * Pure: no state, nothing to end.
 */

export interface CloseCode {
  readonly code: number
  readonly name: string
  /** May it stand in a close frame? 1005, 1006 and 1015 may not: they only describe an ending. */
  readonly onWire: boolean
  /** What a client should do when it sees the code. */
  readonly advice: 'reconnect' | 'stop'
  readonly meaning: string
}

export const CLOSE_CODES: readonly CloseCode[] = [
  { code: 1000, name: 'normal', onWire: true, advice: 'stop', meaning: 'the purpose of the connection is fulfilled' },
  { code: 1001, name: 'going away', onWire: true, advice: 'reconnect', meaning: 'the server stops, the page is left' },
  { code: 1002, name: 'protocol error', onWire: true, advice: 'stop', meaning: 'a rule of RFC 6455 was broken' },
  { code: 1003, name: 'unsupported data', onWire: true, advice: 'stop', meaning: 'a message of a kind not accepted' },
  { code: 1005, name: 'no status', onWire: false, advice: 'stop', meaning: 'a close frame without a code came' },
  {
    code: 1006,
    name: 'abnormal',
    onWire: false,
    advice: 'reconnect',
    meaning: 'the socket ended without a close frame',
  },
  {
    code: 1007,
    name: 'invalid payload',
    onWire: true,
    advice: 'stop',
    meaning: 'text that is not UTF-8, data that does not inflate',
  },
  {
    code: 1008,
    name: 'policy violation',
    onWire: true,
    advice: 'stop',
    meaning: 'a limit or rule of the server was broken',
  },
  { code: 1009, name: 'message too big', onWire: true, advice: 'stop', meaning: 'a message over messageBytesMax' },
  {
    code: 1010,
    name: 'extension missing',
    onWire: true,
    advice: 'stop',
    meaning: 'the client wanted an extension it did not get',
  },
  { code: 1011, name: 'internal error', onWire: true, advice: 'reconnect', meaning: 'a handler of the server failed' },
  { code: 1012, name: 'service restart', onWire: true, advice: 'reconnect', meaning: 'the server is being replaced' },
  { code: 1013, name: 'try again later', onWire: true, advice: 'reconnect', meaning: 'the server is overloaded' },
  { code: 1014, name: 'bad gateway', onWire: true, advice: 'reconnect', meaning: 'a gateway got an invalid answer' },
  { code: 1015, name: 'tls failure', onWire: false, advice: 'stop', meaning: 'the TLS handshake failed' },
]

/** May this code stand in a close frame? RFC 6455 section 7.4.2 leaves 3000-4999 to libraries and applications. */
export function isCloseCodeOnWire(code: number): boolean {
  if (!Number.isInteger(code)) return false
  if (code >= 3000 && code <= 4999) return true
  return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014)
}

/** What a client that sees this code should do. In 3000-4999: below 3500 and from 4000 to 4499 come back, else stay away. */
export function adviceOf(code: number): 'reconnect' | 'stop' {
  if (code >= 3000 && code <= 4999) return code % 1000 < 500 ? 'reconnect' : 'stop'
  return CLOSE_CODES.find((entry) => entry.code === code)?.advice ?? 'stop'
}
