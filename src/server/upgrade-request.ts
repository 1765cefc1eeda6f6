/**
 * The upgrade request as users see it: exists until 101 or a refusal, then every property throws HF_REQUEST_OVER.
 *
 * It is an object of our own: Node's IncomingMessage, with its socket, headers and buffers, is never handed out, and with
 * the revocation even a request somebody keeps holds nothing. Owned by the opening; ends with `revoke()`.
 */
import type { IncomingMessage } from 'node:http'
import { HoldfastError } from '../base/errors.ts'
import { responseHead } from '../protocol/handshake.ts'

/** The headers of the request, by name in any case. */
export class RequestHeaders {
  #headers: IncomingMessage['headers'] | null

  /** @internal */
  constructor(headers: IncomingMessage['headers']) {
    this.#headers = headers
  }

  /** The value, several joined by ", " (cookies by "; "), or null. @throws HoldfastError HF_REQUEST_OVER after the answer */
  get(name: string): string | null {
    const headers = this.#alive()
    const key = name.toLowerCase()
    const value = Object.hasOwn(headers, key) ? headers[key] : undefined
    return value === undefined ? null : Array.isArray(value) ? value.join(', ') : value
  }

  has(name: string): boolean {
    return this.get(name) !== null
  }

  *[Symbol.iterator](): IterableIterator<[string, string]> {
    for (const [name, value] of Object.entries(this.#alive())) {
      if (value !== undefined) yield [name, Array.isArray(value) ? value.join(', ') : value]
    }
  }

  /** @internal */
  revoke(): void {
    this.#headers = null
  }

  #alive(): IncomingMessage['headers'] {
    if (this.#headers === null) throw new HoldfastError('HF_REQUEST_OVER', { property: 'headers' })
    return this.#headers
  }
}

interface Inner {
  readonly message: IncomingMessage
  readonly headers: RequestHeaders
  readonly path: string
  readonly params: Readonly<Record<string, string>>
  readonly protocols: readonly string[]
  readonly remoteAddress: string
  readonly responseHeaders: [string, string][]
}

export class UpgradeRequest {
  #inner: Inner | null
  #controller: AbortController | null = null
  #abortReason: unknown = null

  /** @internal */
  constructor(
    message: IncomingMessage,
    path: string,
    params: Readonly<Record<string, string>>,
    protocols: readonly string[],
    remoteAddress: string,
  ) {
    const headers = new RequestHeaders(message.headers)
    this.#inner = { message, headers, path, params, protocols, remoteAddress, responseHeaders: [] }
  }

  /** Path and query as they came. */
  get url(): string {
    return this.#alive('url').message.url ?? '/'
  }

  /** The path without the query, as it came: not percent-decoded. */
  get path(): string {
    return this.#alive('path').path
  }

  /** The query, decoded. */
  get query(): URLSearchParams {
    const url = this.#alive('query').message.url ?? ''
    const mark = url.indexOf('?')
    return new URLSearchParams(mark === -1 ? '' : url.slice(mark + 1))
  }

  /** The named parts of the path, percent-decoded. */
  get params(): Readonly<Record<string, string>> {
    return this.#alive('params').params
  }

  get headers(): RequestHeaders {
    return this.#alive('headers').headers
  }

  /** The Origin header, or null. It has been checked against `origins`. */
  get origin(): string | null {
    return this.#alive('origin').message.headers.origin ?? null
  }

  get host(): string {
    return this.#alive('host').message.headers.host ?? ''
  }

  /** The subprotocols the client offers, best first. */
  get protocols(): readonly string[] {
    return this.#alive('protocols').protocols
  }

  /** The address the socket came from: behind a proxy, the proxy's, unless it is one of `trustedProxies`: then the client's. */
  get remoteAddress(): string {
    return this.#alive('remoteAddress').remoteAddress
  }

  /** Aborts when the peer leaves or `handshakeTimeoutMs` has passed. Pass it to whatever the upgrade waits for. */
  get signal(): AbortSignal {
    this.#alive('signal')
    this.#controller ??= new AbortController()
    if (this.#abortReason !== null) this.#controller.abort(this.#abortReason)
    return this.#controller.signal
  }

  /**
   * Adds a header to the 101 response, for example Set-Cookie.
   *
   * @throws HoldfastError HF_HEADER_INVALID, HF_REQUEST_OVER
   */
  setResponseHeader(name: string, value: string): void {
    const { responseHeaders } = this.#alive('setResponseHeader')
    // Checked here, where the mistake is made, not when the response is written.
    responseHead('', null, null, [[name, value]])
    responseHeaders.push([name, value])
  }

  /** @internal */
  get responseHeaders(): readonly (readonly [string, string])[] {
    return this.#inner?.responseHeaders ?? []
  }

  /** @internal */
  abort(reason: unknown): void {
    this.#abortReason = reason
    this.#controller?.abort(reason)
  }

  /** @internal lets go of Node's request: from here on every property throws. False when it was revoked before. */
  revoke(): boolean {
    if (this.#inner === null) return false
    this.#inner.headers.revoke()
    this.#inner = null
    this.#controller = null
    return true
  }

  #alive(property: string): Inner {
    if (this.#inner === null) throw new HoldfastError('HF_REQUEST_OVER', { property })
    return this.#inner
  }
}
