/**
 * Negotiates permessage-deflate (RFC 7692 section 7.1): from what a client offers and what the options allow to the
 * parameters both sides then keep to.
 *
 * Pure, owned by nobody, nothing to end. An offer that breaks a rule is declined, never an error: the next offer, or
 * no compression, is as good. It never compresses anything.
 */

import type { ExtensionOffer, ExtensionParam } from './extension-header.ts'

export interface DeflateOptions {
  /** zlib's level, 0 to 9. */
  readonly level: number
  /** zlib's memLevel, 1 to 9. */
  readonly memLevel: number
  /** Messages below this many bytes go uncompressed. */
  readonly thresholdBytes: number
  /** May we keep our window from message to message? False: never, and the response says so. */
  readonly serverContextTakeover: boolean
  /** May the client keep its window? False: the response asks it not to. */
  readonly clientContextTakeover: boolean
  /** 8 to 15: our window is at most 2 to the power of this, in bytes. */
  readonly serverWindowBitsMax: number
  /** 8 to 15, for the client's window; can only be asked of clients that offer client_max_window_bits. */
  readonly clientWindowBitsMax: number
}

export interface DeflateParams {
  readonly serverNoContextTakeover: boolean
  readonly clientNoContextTakeover: boolean
  /** 8 to 15 */
  readonly serverWindowBits: number
  /** 8 to 15 */
  readonly clientWindowBits: number
}

/** What an offer says; window bits are `undefined` when not named and `null` when named without a value. */
interface Wanted {
  serverNoContextTakeover: boolean
  clientNoContextTakeover: boolean
  serverWindowBits: number | undefined
  clientWindowBits: number | null | undefined
}

/**
 * The first acceptable offer, as parameters and as the value of Sec-WebSocket-Extensions in the response; `null` when
 * there is none. Window bits of 8 are accepted: zlib compresses with 9 then, where it reaches back 250 bytes at most.
 */
export function negotiateDeflate(
  offers: readonly ExtensionOffer[],
  options: DeflateOptions,
): { params: DeflateParams; response: string } | null {
  for (const offer of offers) {
    if (offer.name !== 'permessage-deflate') continue
    const wanted = readParams(offer.params)
    if (wanted !== null) return accept(wanted, options)
  }
  return null
}

function accept(wanted: Wanted, options: DeflateOptions): { params: DeflateParams; response: string } {
  const params: DeflateParams = {
    serverNoContextTakeover: wanted.serverNoContextTakeover || !options.serverContextTakeover,
    // A client that names it will not keep its window whatever we answer (7.1.1.2); others we may ask.
    clientNoContextTakeover: wanted.clientNoContextTakeover || !options.clientContextTakeover,
    serverWindowBits: Math.min(wanted.serverWindowBits ?? 15, options.serverWindowBitsMax),
    clientWindowBits:
      wanted.clientWindowBits === undefined ? 15 : Math.min(wanted.clientWindowBits ?? 15, options.clientWindowBitsMax),
  }
  let response = 'permessage-deflate'
  if (params.serverNoContextTakeover) response += '; server_no_context_takeover'
  if (params.clientNoContextTakeover) response += '; client_no_context_takeover'
  // Offered, it must be answered (7.1.2.1); unasked, it lets the client keep a smaller window for us.
  if (wanted.serverWindowBits !== undefined || params.serverWindowBits < 15) {
    response += `; server_max_window_bits=${params.serverWindowBits}`
  }
  // Only a client that named it understands it in the response (7.1.2.2).
  if (params.clientWindowBits < 15) response += `; client_max_window_bits=${params.clientWindowBits}`
  return { params, response }
}

/** `null` for an offer with a parameter that is unknown, comes twice or has a value it must not have (7.1). */
function readParams(params: readonly ExtensionParam[]): Wanted | null {
  const wanted: Wanted = {
    serverNoContextTakeover: false,
    clientNoContextTakeover: false,
    serverWindowBits: undefined,
    clientWindowBits: undefined,
  }
  // Four names exist and none may come twice: whatever is longer is wrong, and is not read to its end.
  if (params.length > 4) return null
  for (const param of params) if (!readParam(param, wanted)) return null
  return wanted
}

function readParam({ name, value }: ExtensionParam, wanted: Wanted): boolean {
  switch (name) {
    case 'server_no_context_takeover':
      if (value !== null || wanted.serverNoContextTakeover) return false
      wanted.serverNoContextTakeover = true
      return true
    case 'client_no_context_takeover':
      if (value !== null || wanted.clientNoContextTakeover) return false
      wanted.clientNoContextTakeover = true
      return true
    case 'server_max_window_bits': {
      const bits = value === null ? null : readBits(value)
      if (bits === null || wanted.serverWindowBits !== undefined) return false
      wanted.serverWindowBits = bits
      return true
    }
    case 'client_max_window_bits': {
      const bits = value === null ? null : readBits(value)
      if ((value !== null && bits === null) || wanted.clientWindowBits !== undefined) return false
      wanted.clientWindowBits = bits
      return true
    }
    default:
      return false
  }
}

/** 8 to 15 in decimal without leading zeros, otherwise `null`. */
function readBits(value: string): number | null {
  const bits = Number(value)
  return Number.isInteger(bits) && bits >= 8 && bits <= 15 && String(bits) === value ? bits : null
}
