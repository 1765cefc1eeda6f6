/**
 * A WebSocket client made of a raw socket: handshake by hand, frames of any shape, and a strict look at what comes back.
 * Owned by one case; ends with `destroy()`, which the runner always calls. Never ends TCP before the server did (RFC 6455
 * section 7.1.1), never retries, never corrects what it is told to send. Every wait has a deadline.
 */
import { connect, type Socket } from 'node:net'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { DeflatePeer, readAgreement } from './deflate-peer.ts'
import { FrameChecker, type Received } from './frame-checker.ts'
import { cut, encode, pong } from './frames.ts'
import { acceptOf, type HttpAnswer, parseAnswer, SAMPLE_KEY } from './http-answer.ts'

export type Arrival =
  | Received
  | { readonly kind: 'end' }
  | { readonly kind: 'reset'; readonly message: string }
  | { readonly kind: 'violation'; readonly message: string }

export interface Target {
  readonly host: string
  readonly port: number
  readonly path: string
}

export class WireClient {
  readonly #socket: Socket
  readonly #deadlineMs: number
  readonly #arrivals: Arrival[] = []
  #head: Buffer | null = Buffer.alloc(0)
  #answer: HttpAnswer | null = null
  #checker: FrameChecker | null = null
  #deflate: DeflatePeer | null = null
  #over = false
  #howOver = ''
  #wake: (() => void) | null = null

  private constructor(socket: Socket, deadlineMs: number) {
    this.#socket = socket
    this.#deadlineMs = deadlineMs
    socket.on('data', (chunk: Buffer) => this.#socketOnData(chunk))
    socket.on('end', () => this.#arrive({ kind: 'end' }))
    socket.on('error', (error: Error) => this.#arrive({ kind: 'reset', message: error.message }))
  }

  static async connect(target: Target, deadlineMs: number): Promise<WireClient> {
    // Half-open, so that it is seen whether the server ends TCP by itself.
    const socket = connect({ host: target.host, port: target.port, allowHalfOpen: true, noDelay: true })
    const client = new WireClient(socket, deadlineMs)
    await client.#until(
      () => !socket.connecting || client.#over,
      'the TCP connection',
      (wake) => {
        socket.once('connect', wake)
      },
    )
    return client
  }

  get deflate(): DeflatePeer | null {
    return this.#deflate
  }

  /** Has the server ended or reset the socket, or sent a close frame? Then sending more is pointless. */
  get over(): boolean {
    return this.#over || this.#arrivals.some((arrival) => arrival.kind === 'close')
  }

  /** Opens a WebSocket. Throws when the answer is not the right 101 (RFC 6455 section 4.2.2). */
  async open(target: Target, offer: string | null): Promise<HttpAnswer> {
    const lines = [
      `GET ${target.path} HTTP/1.1`,
      `Host: ${target.host}:${target.port}`,
      'Upgrade: websocket',
      'Connection: Upgrade',
      `Sec-WebSocket-Key: ${SAMPLE_KEY}`,
      'Sec-WebSocket-Version: 13',
      ...(offer === null ? [] : [`Sec-WebSocket-Extensions: ${offer}`]),
    ]
    this.write(Buffer.from(`${lines.join('\r\n')}\r\n\r\n`))
    const answer = await this.answer()
    if (answer.status !== 101) throw new Error(`the upgrade was answered with ${answer.status}`)
    if (answer.header('sec-websocket-accept') !== acceptOf(SAMPLE_KEY)) throw new Error('wrong Sec-WebSocket-Accept')
    this.upgrade(offer, answer)
    return answer
  }

  /** The HTTP answer, as soon as its head is complete. */
  async answer(): Promise<HttpAnswer> {
    await this.#until(() => this.#answer !== null || this.#over, 'an answer to the upgrade request')
    if (this.#answer === null) throw new Error(`no answer to the upgrade request, but ${this.#howOver}`)
    return this.#answer
  }

  /** From here on, what comes are frames. Throws when the agreed extension does not fit the offer. */
  upgrade(offer: string | null, answer: HttpAnswer): void {
    const agreement = readAgreement(offer, answer.header('sec-websocket-extensions'))
    const deflate = agreement === null ? null : new DeflatePeer(agreement)
    this.#deflate = deflate
    this.#checker = new FrameChecker(deflate === null ? null : (payload) => deflate.inflate(payload))
    const rest = this.#head ?? Buffer.alloc(0)
    this.#head = null
    if (rest.length > 0) this.#frames(rest)
  }

  write(bytes: Buffer): void {
    if (!this.#over && this.#socket.writable) this.#socket.write(bytes)
  }

  /** Writes in chunks of `chunkBytes`, each in a turn of the event loop of its own; stops when the server has ended. */
  async writeChunks(bytes: Buffer, chunkBytes: number): Promise<void> {
    for (const chunk of cut(bytes, chunkBytes)) {
      if (this.over) return
      this.write(chunk)
      await nextTurn()
    }
  }

  /** The next thing from the server; pings are answered and not reported. Throws at the deadline, naming `wanted`. */
  async next(wanted: string): Promise<Arrival> {
    await this.#until(() => this.#arrivals.length > 0, wanted)
    return this.#arrivals.shift() as Arrival
  }

  destroy(): void {
    this.#socket.destroy()
  }

  #socketOnData(chunk: Buffer): void {
    if (this.#head === null) {
      this.#frames(chunk)
      return
    }
    this.#head = Buffer.concat([this.#head, chunk])
    if (this.#answer !== null) return
    const end = this.#head.indexOf('\r\n\r\n')
    if (end < 0) return
    this.#answer = parseAnswer(this.#head.subarray(0, end).toString('latin1'))
    this.#head = this.#head.subarray(end + 4)
    this.#wake?.()
  }

  #frames(chunk: Buffer): void {
    try {
      for (const received of (this.#checker as FrameChecker).push(chunk)) {
        if (received.kind === 'ping') this.write(encode(pong(received.payload)))
        else this.#arrive(received)
      }
    } catch (error) {
      this.#arrive({ kind: 'violation', message: (error as Error).message })
    }
  }

  #arrive(arrival: Arrival): void {
    if (arrival.kind === 'end' || arrival.kind === 'reset') {
      if (this.#over) return
      this.#over = true
      this.#howOver = arrival.kind === 'end' ? 'the end of TCP' : arrival.message
    }
    if (arrival.kind === 'end' && this.#checker?.halfway === true) {
      this.#arrivals.push({ kind: 'violation', message: 'TCP ended in the middle of a frame or message' })
    }
    this.#arrivals.push(arrival)
    this.#wake?.()
  }

  async #until(ready: () => boolean, wanted: string, arm?: (wake: () => void) => void): Promise<void> {
    if (ready()) return
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#wake = null
        reject(new Error(`no ${wanted} within ${this.#deadlineMs} ms`))
      }, this.#deadlineMs)
      this.#wake = () => {
        if (!ready()) return
        clearTimeout(timer)
        this.#wake = null
        resolve()
      }
      arm?.(this.#wake)
    })
  }
}
