/** Where a WebSocket server is and what it is asked with, from a URL. Pure. */
import { randomBytes } from 'node:crypto'
import { HoldfastError } from '../../base/errors.ts'
import type { ClientRequest } from '../../protocol/client-handshake.ts'
import { isToken } from '../../protocol/http-tokens.ts'

export interface DialTarget {
  readonly secure: boolean
  /** A name or an address, without brackets. */
  readonly host: string
  readonly port: number
  /** As it is sent: with the port where it is not the usual one. */
  readonly hostHeader: string
  /** Path and query. */
  readonly path: string
  readonly protocols: readonly string[]
  readonly headers: readonly (readonly [name: string, value: string])[]
  /** Accept a certificate that nobody vouches for. */
  readonly anyCertificate: boolean
}

const USUAL: Readonly<Record<string, number>> = { 'ws:': 80, 'wss:': 443 }

/** @throws HoldfastError HF_SOAK_FAILED when it is no URL of a WebSocket */
export function targetOf(
  url: string,
  more: Partial<Pick<DialTarget, 'protocols' | 'headers' | 'anyCertificate'>> = {},
): DialTarget {
  const parsed = URL.canParse(url) ? new URL(url) : null
  const usual = USUAL[parsed?.protocol ?? '']
  if (parsed === null || usual === undefined || parsed.hostname === '') {
    throw new HoldfastError('HF_SOAK_FAILED', {
      seen: `"${url.slice(0, 200)}"`,
      wanted: 'the URL of a WebSocket, ws://HOST:PORT/path or wss://HOST/path',
      todo: 'give the URL that clients connect to',
    })
  }
  const login = loginOf(parsed)
  const { protocols = [], headers = [], anyCertificate = false } = more
  const wrong = protocols.find((protocol) => !isToken(protocol))
  if (wrong !== undefined) {
    throw new HoldfastError('HF_SOAK_FAILED', {
      ...{ seen: `the subprotocol "${wrong.slice(0, 100)}"`, wanted: 'a name without spaces and separators' },
      todo: 'give each subprotocol on its own',
    })
  }
  return {
    secure: parsed.protocol === 'wss:',
    host: parsed.hostname.replace(/^\[|\]$/g, ''),
    port: parsed.port === '' ? usual : Number(parsed.port),
    hostHeader: parsed.host,
    path: `${parsed.pathname}${parsed.search}`,
    ...{ protocols, anyCertificate },
    headers: [...login, ...headers],
  }
}

/** @throws HoldfastError HF_SOAK_FAILED */
function loginOf(url: URL) {
  try {
    return url.username === '' ? [] : [basicLogin(url)]
  } catch {
    throw new HoldfastError('HF_SOAK_FAILED', {
      ...{ seen: 'a % in the login of the URL that stands for nothing', wanted: 'a % as %25' },
      todo: 'write what is no letter or digit in name and password as encodeURIComponent does',
    })
  }
}

/** The name and the password of a URL, as the header that says them. @throws URIError */
export function basicLogin({ username, password }: URL): readonly [name: string, value: string] {
  const said = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`
  return ['Authorization', `Basic ${Buffer.from(said).toString('base64')}`]
}

/** A request of its own for each connection. */
export function requestOf({ hostHeader, path, protocols, headers }: DialTarget): ClientRequest {
  return { host: hostHeader, path, key: randomBytes(16).toString('base64'), protocols, headers }
}
