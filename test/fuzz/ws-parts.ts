/**
 * The parts of `ws` that its types do not know (it exports them since 8.19): its reader, its deflate, its header parser.
 * A cast, nothing else.
 */
import * as ws from 'ws'

export type WsReceiver = NodeJS.WritableStream & {
  readonly errored: Error | null
  on(event: string, listener: (...args: never[]) => void): unknown
}
export type WsDeflate = { accept(configurations: object[]): unknown; cleanup(): void }
/** What the header parser of `ws` makes of a list: offers by name, their parameters by name. */
export type WsOffers = Record<string, Record<string, (string | true)[]>[]>

interface Parts {
  readonly Receiver: new (options: object) => WsReceiver
  readonly PerMessageDeflate: new (options: object) => WsDeflate
  readonly extension: { parse(header: string): WsOffers }
}

export const { Receiver, PerMessageDeflate, extension } = ws as unknown as Parts
