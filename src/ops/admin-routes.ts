/**
 * The routes of an admin port: what is answered at a path, and which of it needs no token.
 * Paths are matched by find-my-way. Made and owned by one admin port, or by a worker that answers for itself; holds no
 * resources. Routes are given when it is made and never change.
 */
import findMyWay from 'find-my-way'
import { HoldfastError, messageOf } from '../base/errors.ts'
import type { AdminAnswer } from './admin-answer.ts'

/** POST is for changes, and only POST: it needs a header that a web page of elsewhere cannot send. */
export type AdminMethod = 'GET' | 'POST'

const METHODS: readonly AdminMethod[] = ['GET', 'POST']

/** What a handler gets: plain values, which may be passed on to another process, and a signal. */
export interface AdminRequest {
  readonly method: AdminMethod
  /** Without the query, as it came: not percent-decoded. */
  readonly path: string
  readonly query: URLSearchParams
  /** What its client wants to read: the header Accept; the empty string when there is none. */
  readonly accept: string
  /** The named parts of the path, percent-decoded; `*` is what stands for a star. */
  readonly params: Readonly<Record<string, string>>
  /** It has brought what the port asks for: the token, and a known `Host`. False only at routes that are `open`. */
  readonly trusted: boolean
  /** The body of a POST; empty otherwise. */
  readonly body: string
  /** Somebody has followed a link from a page of another origin, which is all that such a page can do here. A handler that costs much should refuse it. */
  readonly fromElsewhere: boolean
  /** Aborts when the client has left, or the admin port is closed. */
  readonly signal: AbortSignal
  /** The body as JSON; undefined when it is empty. Throws an answer with 400 when it is not JSON. */
  json(): unknown
}

export interface AdminRoute {
  readonly method: AdminMethod
  /** Such as `/status`, `/workers/:n/status`, `/workers/:n/*`. */
  readonly path: string
  /** A probe: answered without token and whatever the `Host`. Only for GET; whoever is not `trusted` is told nothing but yes or no. */
  readonly open?: boolean
  /** Returns an answer, or throws one. Anything else it throws is announced and answered with 500. */
  handler(request: AdminRequest): AdminAnswer | Promise<AdminAnswer>
}

export interface AdminMatch {
  readonly route: AdminRoute
  readonly params: Readonly<Record<string, string>>
}

export class AdminRoutes {
  readonly #router = findMyWay({ caseSensitive: true, maxParamLength: 1024 })

  /** @throws HoldfastError HF_ADMIN_ROUTE */
  constructor(routes: readonly AdminRoute[]) {
    for (const route of routes) this.#add(route)
  }

  match(method: string, path: string): AdminMatch | null {
    if (!isMethod(method)) return null
    const found = this.#router.find(method, path)
    if (found === null || found.store === null || found.store === undefined) return null
    return { route: found.store as AdminRoute, params: found.params as Record<string, string> }
  }

  /** What there is at a path, for the header Allow: `GET, HEAD`, say. Empty: there is nothing. */
  allowed(path: string): string {
    const methods = METHODS.filter((method) => this.match(method, path) !== null)
    return methods.map((method) => (method === 'GET' ? 'GET, HEAD' : method)).join(', ')
  }

  #add(route: AdminRoute): void {
    const { method, path, open, handler } = route
    if (!isMethod(method)) throw wrong(method, path, 'is neither GET nor POST')
    if (typeof handler !== 'function') throw wrong(method, path, 'has no handler')
    if (open === true && method === 'POST') throw wrong(method, path, 'is a change without token')
    try {
      this.#router.on(method, path, unused, route)
    } catch (cause) {
      throw wrong(method, path, messageOf(cause))
    }
  }
}

function isMethod(method: string): method is AdminMethod {
  return method === 'GET' || method === 'POST'
}

function wrong(method: string, path: string, problem: string): HoldfastError {
  return new HoldfastError('HF_ADMIN_ROUTE', { method, path, problem })
}

function unused(): void {}
