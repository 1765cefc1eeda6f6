/**
 * The client's half of permessage-deflate (RFC 7692): judges the server's answer to an offer, compresses what is sent,
 * inflates what is received with exactly the agreed window, so that a server which goes beyond it is found out.
 * Owned by one WireClient; ends with it. Context takeover is a preset dictionary of the last 32 KiB: the bytes on the wire
 * are of the same kind as those of a living zlib stream, but everything stays synchronous.
 */
import { constants, deflateRawSync, inflateRawSync } from 'node:zlib'

const WINDOW_BYTES = 32768
const TAIL = Buffer.from([0x00, 0x00, 0xff, 0xff])

export interface Agreement {
  readonly serverKeepsContext: boolean
  readonly clientKeepsContext: boolean
  /** Base-2 logarithm of the window, 8 to 15. */
  readonly serverWindowBits: number
  readonly clientWindowBits: number
}

interface Extension {
  readonly name: string
  readonly parameters: ReadonlyMap<string, string | true>
  readonly repeated: boolean
}

/**
 * What an answer to an offer means. Throws an Error that names the rule when the answer fits none of the offers.
 * Null when the server declined.
 */
export function readAgreement(offered: string | null, answer: string | null): Agreement | null {
  if (answer === null) return null
  if (offered === null) throw new Error(`extension "${answer}" was agreed without an offer (RFC 6455 section 9.1)`)
  const answers = parse(answer)
  const given = answers[0]
  if (answers.length !== 1 || given === undefined) throw new Error(`answer "${answer}" names more than one extension`)
  const problems: string[] = []
  for (const offer of parse(offered)) {
    const problem = problemOf(offer, given)
    if (problem === null) return agreementOf(given, offer)
    problems.push(problem)
  }
  throw new Error(`answer "${answer}" to the offer "${offered}": ${problems.join(' / ')}`)
}

export class DeflatePeer {
  readonly #agreement: Agreement
  #sent: Buffer = Buffer.alloc(0)
  #received: Buffer = Buffer.alloc(0)

  constructor(agreement: Agreement) {
    this.#agreement = agreement
  }

  /** Compresses one message as section 7.2.1 says: sync flush, without the last four bytes. */
  compress(payload: Buffer): Buffer {
    if (payload.length === 0) return Buffer.from([0])
    const bytes = deflateRawSync(payload, {
      finishFlush: constants.Z_SYNC_FLUSH,
      windowBits: this.#agreement.clientWindowBits,
      ...(this.#sent.length === 0 ? {} : { dictionary: this.#sent }),
    })
    if (this.#agreement.clientKeepsContext) this.#sent = lastWindow(this.#sent, payload)
    if (!bytes.subarray(-4).equals(TAIL)) throw new Error('zlib did not end in an empty stored block')
    return bytes.subarray(0, -4)
  }

  /** Inflates one message (section 7.2.2). Throws what zlib throws. */
  inflate(payload: Buffer): Buffer {
    const plain = inflateRawSync(Buffer.concat([payload, TAIL]), {
      finishFlush: constants.Z_SYNC_FLUSH,
      windowBits: this.#agreement.serverWindowBits,
      // zlib lets a distance reach back through all it has put into the current output chunk, however small the window.
      ...(this.#agreement.serverWindowBits < 15 ? { chunkSize: 64 } : {}),
      ...(this.#received.length === 0 ? {} : { dictionary: this.#received }),
    })
    if (this.#agreement.serverKeepsContext) this.#received = lastWindow(this.#received, plain)
    return plain
  }
}

function lastWindow(before: Buffer, payload: Buffer): Buffer {
  // A copy, because the payload may be a view of something large.
  return Buffer.from(Buffer.concat([before, payload]).subarray(-WINDOW_BYTES))
}

function parse(header: string): Extension[] {
  return header.split(',').map((extension) => {
    const [name = '', ...rest] = extension.split(';').map((part) => part.trim())
    const parameters = new Map<string, string | true>()
    let repeated = false
    for (const parameter of rest) {
      const [key = '', value] = parameter.split('=').map((part) => part.trim())
      repeated ||= parameters.has(key)
      parameters.set(key, value === undefined ? true : value.replace(/^"(.*)"$/, '$1'))
    }
    return { name, parameters, repeated }
  })
}

/** Why the answer is not allowed for this offer (sections 7.1.1 and 7.1.2), or null. */
function problemOf(offer: Extension, answer: Extension): string | null {
  if (offer.name !== 'permessage-deflate' || answer.name !== offer.name) return `${answer.name} was not offered`
  if (answer.repeated) return 'a parameter stands there twice (7)'
  for (const [key, value] of answer.parameters) {
    const flag = key === 'server_no_context_takeover' || key === 'client_no_context_takeover'
    const bits = key === 'server_max_window_bits' || key === 'client_max_window_bits'
    if (!flag && !bits) return `${key} is unknown (7)`
    if (flag && value !== true) return `${key} has a value (7.1.1)`
    if (bits && !/^(?:[89]|1[0-5])$/.test(String(value))) return `${key}=${value} (7.1.2)`
  }
  if (offer.parameters.has('server_no_context_takeover') && !answer.parameters.has('server_no_context_takeover')) {
    return 'server_no_context_takeover was offered and not confirmed (7.1.1.1)'
  }
  const serverOffered = offer.parameters.get('server_max_window_bits')
  const serverAgreed = answer.parameters.get('server_max_window_bits')
  if (serverOffered !== undefined && Number(serverAgreed ?? 16) > Number(serverOffered)) {
    return `server_max_window_bits=${serverOffered} was offered, ${serverAgreed ?? 'none'} answered (7.1.2.1)`
  }
  const clientOffered = offer.parameters.get('client_max_window_bits')
  const clientAgreed = answer.parameters.get('client_max_window_bits')
  if (clientAgreed !== undefined) {
    if (clientOffered === undefined) return 'client_max_window_bits was answered and not offered (7.1.2.2)'
    if (clientOffered !== true && Number(clientAgreed) > Number(clientOffered)) {
      return `client_max_window_bits=${clientOffered} was offered, ${clientAgreed} answered (7.1.2.2)`
    }
  }
  return null
}

function agreementOf(answer: Extension, offer: Extension): Agreement {
  const clientDrops = 'client_no_context_takeover'
  return {
    serverKeepsContext: !answer.parameters.has('server_no_context_takeover'),
    // A client that offers it keeps no context whatever the answer says (7.1.1.2): the server may count on that.
    clientKeepsContext: !answer.parameters.has(clientDrops) && !offer.parameters.has(clientDrops),
    serverWindowBits: Number(answer.parameters.get('server_max_window_bits') ?? 15),
    clientWindowBits: Number(answer.parameters.get('client_max_window_bits') ?? 15),
  }
}
