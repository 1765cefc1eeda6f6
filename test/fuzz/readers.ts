/**
 * The two readers a stream is given to: ours and that of `ws`, with what they say in one form.
 * Each is made for one case and dropped with it; the inflater of `ws` is closed by `wsReads`.
 */
import { constants, inflateRawSync } from 'node:zlib'
import { Inflater } from '../../src/protocol/deflate.ts'
import type { DeflateParams } from '../../src/protocol/deflate-params.ts'
import { payloadBytesMax } from '../../src/protocol/frame-header.ts'
import { FrameReader } from '../../src/protocol/frame-reader.ts'
import type { ReaderLimits } from '../../src/protocol/reader-sink.ts'
import { must } from './target.ts'
import { PerMessageDeflate, Receiver, type WsDeflate } from './ws-parts.ts'

/** `data`, `ping` and `pong` carry what came; `close` the code and reason; `violation` the code. */
export type Heard = readonly [kind: 'text' | 'binary' | 'ping' | 'pong' | 'close' | 'violation', what: string]

export interface Hearing {
  readonly heard: readonly Heard[]
  /** The reason of the violation, when there is one. */
  readonly reason: string
  /** How many messages were heard before the first that ends with a final DEFLATE block; null when there is none, or nobody looked. */
  readonly finalAt: number | null
}

/** Notes which message is the first that ends the DEFLATE stream (BFINAL). */
class NotingInflater extends Inflater {
  hasFinal = false

  override inflate(payload: Uint8Array): ReturnType<Inflater['inflate']> {
    this.hasFinal ||= endsStream(payload, this.history)
    return super.inflate(payload)
  }
}

/** Is the byte behind the message, and behind what RFC 7692 puts there, not read any more? */
function endsStream(payload: Uint8Array, history: Buffer): boolean {
  const input = Buffer.concat([payload, Buffer.from([0x00, 0x00, 0xff, 0xff, 0x00])])
  try {
    const { engine } = inflateRawSync(input, {
      info: true,
      finishFlush: constants.Z_SYNC_FLUSH,
      ...(history.length > 0 ? { dictionary: history } : undefined),
    }) as unknown as { engine: { bytesWritten: number } }
    return engine.bytesWritten < input.length
  } catch {
    return false
  }
}

/** Reads the chunks; throws when the reader throws, speaks after its end, or holds more than its limits. */
export function weRead(chunks: readonly Buffer[], limits: ReaderLimits, deflate: DeflateParams | null): Hearing {
  const heard: Heard[] = []
  let over = false
  let reason = ''
  let finalAt: number | null = null
  const inflater = deflate === null ? null : new NotingInflater(deflate, limits.messageBytesMax)
  const hear = (...event: Heard): void => {
    must(!over, () => `delivered ${event[0]} after the end of the stream`)
    if (inflater?.hasFinal) finalAt ??= heard.filter(isMessage).length
    over = event[0] === 'violation' || event[0] === 'close'
    heard.push(event)
  }
  const reader = new FrameReader(
    {
      readerOnMessage: (message) =>
        typeof message === 'string' ? hear('text', message) : hear('binary', message.toString('latin1')),
      readerOnPing: (payload) => hear('ping', payload.toString('latin1')),
      readerOnPong: (payload) => hear('pong', payload.toString('latin1')),
      readerOnClose: (code, text) => hear('close', `${code} ${text}`),
      readerOnViolation: (violation) => {
        reason = violation.reason
        must(Buffer.byteLength(reason) <= 123, () => `reason too long for a close frame: ${reason}`)
        hear('violation', String(violation.code))
      },
    },
    limits,
    inflater,
    () => 0,
  )
  for (const chunk of chunks) {
    const { length } = chunk
    reader.read(chunk)
    const { heldBytes } = reader
    const most = payloadBytesMax(limits.messageBytesMax, deflate !== null) + length + 512
    must(heldBytes <= most, () => `holds ${heldBytes} bytes, more than the limit and a chunk: ${most}`)
    must(!over || heldBytes === 0, () => `holds ${heldBytes} bytes after its end`)
  }
  return { heard, reason, finalAt }
}

export function isMessage([kind]: Heard): boolean {
  return kind === 'text' || kind === 'binary'
}

/** The same with the reader of `ws`. */
export async function wsReads(
  chunks: readonly Buffer[],
  limits: ReaderLimits,
  deflate: DeflateParams | null,
): Promise<Hearing> {
  const heard: Heard[] = []
  const extension = deflate === null ? null : wsDeflate(deflate, limits.messageBytesMax)
  const receiver = new Receiver({
    isServer: true,
    maxPayload: limits.messageBytesMax,
    maxFragments: limits.fragmentsMax,
    extensions: extension === null ? {} : { 'permessage-deflate': extension },
  })
  receiver.on('message', (data: Buffer, isBinary: boolean) =>
    heard.push(isBinary ? ['binary', data.toString('latin1')] : ['text', data.toString()]),
  )
  receiver.on('ping', (payload: Buffer) => heard.push(['ping', payload.toString('latin1')]))
  receiver.on('pong', (payload: Buffer) => heard.push(['pong', payload.toString('latin1')]))
  receiver.on('conclude', (code: number, reason: Buffer) => heard.push(['close', `${code} ${reason.toString()}`]))
  receiver.on('error', () => {})
  for (const chunk of chunks) {
    if (receiver.errored !== null || heard.at(-1)?.[0] === 'close') break
    if (extension === null) receiver.write(chunk)
    else await new Promise((resolve) => receiver.write(chunk, resolve))
  }
  extension?.cleanup()
  const error = receiver.errored as (Error & Record<symbol, unknown>) | null
  if (error === null) return { heard, reason: '', finalAt: null }
  const status = Object.getOwnPropertySymbols(error).find((symbol) => symbol.description === 'status-code')
  heard.push(['violation', String(status === undefined ? error.message : error[status])])
  return { heard, reason: error.message, finalAt: null }
}

function wsDeflate(deflate: DeflateParams, bytesMax: number): WsDeflate {
  const extension = new PerMessageDeflate({ isServer: true, maxPayload: bytesMax })
  extension.accept([
    {
      ...(deflate.clientNoContextTakeover ? { client_no_context_takeover: [true] } : {}),
      ...(deflate.serverNoContextTakeover ? { server_no_context_takeover: [true] } : {}),
      ...(deflate.clientWindowBits < 15 ? { client_max_window_bits: [String(deflate.clientWindowBits)] } : {}),
    },
  ])
  return extension
}
