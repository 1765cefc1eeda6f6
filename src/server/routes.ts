/**
 * The routes of a server: which handlers and options hold for a path. Paths are matched by find-my-way.
 * Owned by the server; routes are added before it serves and never removed.
 */
import findMyWay from 'find-my-way'
import { HoldfastError, stackOf } from '../base/errors.ts'
import { readOptions, refuseUnknown, wrongArgument } from '../base/options.ts'
import type { ConnectionHandlers, RouteHandlers } from '../connection/handlers.ts'
import type { DeflateOptions } from '../protocol/deflate.ts'
import {
  ROUTE_OPTIONS,
  type RouteOptions,
  type RouteOptionsInput,
  readDeflate,
  type ServerOptions,
} from './server-options.ts'
import type { UpgradeRequest } from './upgrade-request.ts'

/** What a route is declared with: its handlers, and options that hold for it instead of the server's. */
export interface RouteDeclaration<Data> extends ConnectionHandlers<Data>, RouteOptionsInput {
  /**
   * Before the 101: what it returns becomes `connection.data`, all that outlives the request. May return a promise.
   * To refuse, `throw reject(status, reason)`. Anything else it throws is announced and answered with 500.
   */
  upgrade?(request: UpgradeRequest): Data | Promise<Data>
}

export interface Route extends RouteHandlers {
  readonly upgrade: ((request: UpgradeRequest) => unknown) | undefined
  readonly options: RouteOptions
  readonly deflate: DeflateOptions | null
  /** The stack of the call that declared it. */
  readonly declaredAt: string
}

export interface RouteMatch {
  readonly route: Route
  readonly params: Readonly<Record<string, string>>
}

const HANDLERS = ['upgrade', 'user', 'shows', 'open', 'hold', 'message', 'drain', 'close'] as const
const DECLARED: readonly string[] = [...HANDLERS, 'handoff']

export class Routes {
  readonly #router = findMyWay({ caseSensitive: true, maxParamLength: 1024 })
  readonly #serverOptions: ServerOptions
  /** All paths, as they were declared. */
  readonly paths: string[] = []
  // Bounded by the routes that are declared.
  readonly #declared = new Map<string, Route>()

  constructor(serverOptions: ServerOptions) {
    this.#serverOptions = serverOptions
  }

  /** @throws HoldfastError HF_ROUTE_INVALID, HF_OPTION_UNKNOWN, HF_OPTION_INVALID */
  add<Data>(path: string, declaration: RouteDeclaration<Data>): void {
    if (typeof path !== 'string' || !path.startsWith('/')) throw invalid(String(path), 'does not start with "/"')
    const where = `route "${path}"`
    if (typeof declaration !== 'object' || declaration === null) {
      throw wrongArgument(where, 'handlers', declaration, 'an object')
    }
    const given: Record<string, unknown> = {}
    for (const [name, value] of Object.entries(declaration)) {
      if (name === 'handoff') checkHandoff(where, value)
      else if (!DECLARED.includes(name)) {
        refuseUnknown(where, name, [...DECLARED, ...Object.keys(ROUTE_OPTIONS)])
        given[name] = value
      } else if (value !== undefined && typeof value !== 'function') {
        throw wrongArgument(where, name, value, 'a function')
      }
    }
    const options = readOptions(where, ROUTE_OPTIONS, given, this.#serverOptions)
    // Handlers are called on the declaration, by name, so they may use `this`.
    const handlers = declaration as ConnectionHandlers<unknown>
    const upgrade =
      declaration.upgrade === undefined ? undefined : (request: UpgradeRequest) => declaration.upgrade?.(request)
    const deflate = readDeflate(where, options.deflate)
    const route: Route = { path, handlers, upgrade, options, deflate, declaredAt: stackOf(new Error(where)) }
    try {
      this.#router.on('GET', path, unused, route)
      this.paths.push(path)
      this.#declared.set(path, route)
    } catch (cause) {
      throw invalid(path, cause instanceof Error ? cause.message : String(cause))
    }
  }

  /** The route declared with exactly this path, parameters and all. */
  declared(path: string): Route | undefined {
    return this.#declared.get(path)
  }

  match(path: string): RouteMatch | null {
    const found = this.#router.find('GET', path)
    if (found === null || found.store === null || found.store === undefined) return null
    return { route: found.store as Route, params: found.params as Record<string, string> }
  }
}

function checkHandoff(where: string, handoff: unknown): void {
  if (handoff === undefined) return
  if (typeof handoff !== 'object' || handoff === null) {
    throw wrongArgument(where, 'handoff', handoff, 'an object with the functions save and restore')
  }
  for (const name of Object.keys(handoff)) refuseUnknown(`${where}: handoff`, name, ['save', 'restore'])
  const { save, restore } = handoff as Partial<Record<'save' | 'restore', unknown>>
  if (typeof save !== 'function') throw wrongArgument(`${where}: handoff`, 'save', save, 'a function')
  if (typeof restore !== 'function') throw wrongArgument(`${where}: handoff`, 'restore', restore, 'a function')
}

function invalid(path: string, problem: string): HoldfastError {
  return new HoldfastError('HF_ROUTE_INVALID', { path, problem })
}

function unused(): void {}
