/**
 * From the `upgrade` event to a connection or a refusal: handshake, origin, route, subprotocol, deflate, the middleware
 * onion, 101. Where nothing has to be waited for, all of it runs in the turn of the event.
 *
 * Owned by the server. Every await has an owner meanwhile: the opening, which has the socket and the deadline.
 */
import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { HoldfastError, messageOf } from '../base/errors.ts'
import type { ConnectionContext } from '../connection/connection-context.ts'
import { Life } from '../connection/life.ts'
import type { NegotiatedDeflate } from '../connection/life-init.ts'
import { ownSocket } from '../connection/socket.ts'
import type { Hub } from '../hub/hub.ts'
import type { Ledger } from '../hub/ledger.ts'
import { type DeflateOptions, Deflater, Inflater } from '../protocol/deflate.ts'
import { negotiateDeflate } from '../protocol/deflate-params.ts'
import {
  acceptKey,
  checkHandshake,
  type HandshakeFault,
  type HandshakeOffer,
  responseHead,
} from '../protocol/handshake.ts'
import { checkOrigin } from '../protocol/origin.ts'
import type { Admission } from './admission.ts'
import { type AskingContext, ask, revoke } from './asking.ts'
import { clientAddress } from './client-address.ts'
import type { Middleware } from './middleware.ts'
import { Opening, type OpeningContext } from './opening.ts'
import { isRefusal } from './refusal.ts'
import type { RouteMatch, Routes } from './routes.ts'
import type { UpgradeObserver } from './upgrade-observer.ts'
import { UpgradeRequest } from './upgrade-request.ts'

export interface UpgradeContext extends ConnectionContext, OpeningContext, Pick<AskingContext, 'requestOnRevoked'> {
  readonly hub: Hub
  readonly ledger: Ledger
  readonly routes: Routes
  readonly middleware: readonly Middleware[]
  readonly admission: Admission
  /** The server is closing or draining: no more upgrades. */
  readonly closing: boolean
  /** What they are answered with. */
  readonly closingFault: HandshakeFault
  /** Null while nobody wants to know. */
  readonly upgradeObserver: UpgradeObserver | null
  nextId(): string
  /** Told when a connection has come. */
  connectionOnCame(): void
}

const FAILED: HandshakeFault = { status: 500, reason: 'the upgrade failed', kind: 'failed' }

/** The path of a request target without its query, or null when it is no path. */
export function pathOf(url: string | undefined): string | null {
  if (url === undefined || url.charCodeAt(0) !== 47) return null
  const end = url.search(/[?#]/)
  return end === -1 ? url : url.slice(0, end)
}

/** Answers one upgrade request whose path is ours, or nobody's. */
export function upgrade(context: UpgradeContext, message: IncomingMessage, socket: Socket, head: Buffer): void {
  const path = pathOf(message.url) ?? String(message.url)
  const opening = new Opening(context, socket, path, head)
  // Gone before we were asked, for example while the application thought about whom to ask.
  if (opening.answered || socket.destroyed) return
  const address = addressOf(context, message, socket)
  if (!context.closing) {
    const full = context.admission.admit(path, address)
    if (full !== null) {
      opening.refuse(full)
      return
    }
    if (context.admission.byAddress) opening.address = address()
  }
  const offer = checkHandshake(message.method ?? '', message.httpVersion, message.headers, message.rawHeaders)
  if ('status' in offer) {
    opening.refuse(offer)
    return
  }
  if (context.closing) {
    opening.refuse(context.closingFault)
    return
  }
  const match = context.routes.match(path)
  if (match === null) {
    opening.refuse({ status: 404, reason: 'no such path', kind: 'path' })
    return
  }
  const { options } = match.route
  const wrongOrigin = checkOrigin(message.headers.origin, message.headers.host, options.origins, options.originRequired)
  if (wrongOrigin !== null) {
    opening.refuse({ status: 403, reason: wrongOrigin, kind: 'origin' })
    return
  }
  const protocol = selectProtocol(offer.protocols, options.protocols)
  if (typeof protocol !== 'string') {
    opening.refuse(protocol)
    return
  }
  const asked = match.route.upgrade !== undefined || context.middleware.length > 0
  const late = asked ? context.admission.handlersFault(path, address) : null
  if (late !== null) {
    opening.refuse(late)
    return
  }
  const encrypted = (socket as { encrypted?: unknown }).encrypted === true
  opening.watch =
    context.upgradeObserver?.upgradeOnAsked({ route: match.route.path, headers: message.headers, encrypted }) ?? null
  const candidate: Candidate = {
    ...{ context, opening, match, offer, protocol },
    // A closed socket has no address any more: only a close handler can ask that late.
    address: isAddressKept(context, match) ? address() : null,
  }
  if (!asked) {
    accept(candidate, undefined, [])
    return
  }
  const request = new UpgradeRequest(message, path, match.params, offer.protocols, address())
  ask(context, match.route, request, opening, {
    upgradeOnData: (data) => answered(candidate, request, data),
    upgradeOnThrown: (thrown) => refuse(candidate, request, thrown),
  })
}

/** The address of the client, worked out once, by whoever asks first. */
function addressOf(context: UpgradeContext, message: IncomingMessage, socket: Socket): () => string {
  let known: string | null = null
  return () => {
    const forwarded = message.headers['x-forwarded-for']
    known ??= clientAddress(socket.remoteAddress ?? '', forwarded?.toString(), context.admission.proxies)
    return known
  }
}

function isAddressKept({ admission }: UpgradeContext, { route }: RouteMatch): boolean {
  return admission.byAddress || admission.proxies !== null || route.handlers.close !== undefined
}

/** An upgrade request that has passed all checks of ours. */
interface Candidate {
  readonly context: UpgradeContext
  readonly opening: Opening
  readonly match: RouteMatch
  readonly offer: HandshakeOffer
  readonly protocol: string
  /** Of the client; null: to be asked of the socket. */
  readonly address: string | null
}

function answered(candidate: Candidate, request: UpgradeRequest, data: unknown): void {
  // Returning a refusal instead of throwing it must not let anybody in.
  if (isRefusal(data)) {
    refuse(candidate, request, data)
    return
  }
  const { responseHeaders } = request
  revoke(candidate.context, request, candidate.match.route.path)
  if (candidate.context.closing) candidate.opening.refuse(candidate.context.closingFault)
  else if (!candidate.opening.answered) accept(candidate, data, responseHeaders)
}

function refuse(candidate: Candidate, request: UpgradeRequest, thrown: unknown): void {
  const { context, opening, match } = candidate
  revoke(context, request, match.route.path)
  if (isRefusal(thrown)) {
    const { status, message, headers } = thrown
    opening.refuse({ status, reason: message, kind: `reject ${status}`, headers })
    return
  }
  opening.refuse(FAILED)
  const route = match.route.path
  const details = { route, message: messageOf(thrown) }
  context.report(new HoldfastError('HF_UPGRADE_FAILED', details, { cause: thrown }), undefined, route)
}

function accept(candidate: Candidate, data: unknown, extraHeaders: readonly (readonly [string, string])[]): void {
  const { context, opening, match, offer, protocol, address } = candidate
  const { socket } = opening
  const { route } = match
  const deflate = route.deflate === null ? null : negotiate(offer, route.deflate, route.options.messageBytesMax)
  const head = responseHead(
    acceptKey(offer.key),
    protocol === '' ? null : protocol,
    deflate?.response ?? null,
    extraHeaders,
  )
  const { watch } = opening
  const early = opening.accept()
  // A transport of the user's own may have no such thing.
  socket.setNoDelay?.(true)
  const life = new Life({
    context,
    route,
    options: route.options,
    socket,
    id: context.nextId(),
    openedAt: context.wallNow(),
    data,
    params: match.params,
    protocol,
    remoteAddress: address,
    deflate,
  })
  ownSocket(socket, life)
  context.hub.add(life)
  context.connectionOnCame()
  context.traffic?.opened(route.path, opening.cameAt)
  life.outbox.frame(Buffer.from(head, 'latin1'))
  if (watch !== null) life.traceparent = watch.upgradeOnAccepted(life.connection.id)
  life.start(early)
}

function negotiate(
  offer: HandshakeOffer,
  options: DeflateOptions,
  bytesMax: number,
): (NegotiatedDeflate & { readonly response: string }) | null {
  const agreed = negotiateDeflate(offer.extensions, options)
  if (agreed === null) return null
  const { params, response } = agreed
  return {
    params,
    options,
    inflater: new Inflater(params, bytesMax),
    deflater: new Deflater(params, options),
    response,
  }
}

/** The first of ours that the client offers; '' when it offers none or we have none. */
function selectProtocol(offered: readonly string[], ours: readonly string[]): string | HandshakeFault {
  if (offered.length === 0 || ours.length === 0) return ''
  const protocol = ours.find((name) => offered.includes(name))
  if (protocol !== undefined) return protocol
  return { status: 400, reason: `no subprotocol in common; wanted one of: ${ours.join(', ')}`, kind: 'protocol' }
}
