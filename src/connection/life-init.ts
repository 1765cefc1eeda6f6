/** What a connection begins with. Types only. */
import type { Socket } from 'node:net'
import type { DeflateOptions, DeflateParams, Deflater, Inflater } from '../protocol/deflate.ts'
import type { ConnectionContext } from './connection-context.ts'
import type { ConnectionOptions } from './connection-options.ts'
import type { RouteHandlers } from './handlers.ts'

/** permessage-deflate as negotiated for one connection. */
export interface NegotiatedDeflate {
  readonly params: DeflateParams
  readonly options: DeflateOptions
  readonly inflater: Inflater
  readonly deflater: Deflater
}

export interface LifeInit {
  readonly context: ConnectionContext
  readonly route: RouteHandlers
  readonly options: ConnectionOptions
  readonly socket: Socket
  readonly id: string
  readonly openedAt: number
  readonly data: unknown
  readonly params: Readonly<Record<string, string>>
  readonly protocol: string
  /** Null: to be asked of the socket when somebody wants it. */
  readonly remoteAddress: string | null
  readonly deflate: NegotiatedDeflate | null
}
