/**
 * A transport without a kernel: what is written waits until the test lets it through, and nothing of it is kept. For tests
 * with more backlog than sockets could have without costing gigabytes. Ends with the connection that rides on it.
 */
import type { Server as HttpServer, IncomingMessage } from 'node:http'
import { Duplex } from 'node:stream'

export class BlockedPipe extends Duplex {
  blocked = false
  bytesThrough = 0
  #waiting: (() => void) | null = null

  override _read(): void {}

  override _write(chunk: Uint8Array, _: BufferEncoding, done: () => void): void {
    this.bytesThrough += chunk.length
    if (this.blocked) this.#waiting = done
    else done()
  }

  /** The reader reads again. */
  unblock(): void {
    this.blocked = false
    const waiting = this.#waiting
    this.#waiting = null
    waiting?.()
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#waiting = null
    done(error)
  }
}

/** As if a client had asked an HTTP server for an upgrade over this transport. */
export function askUpgrade(http: HttpServer, pipe: Duplex, path = '/'): void {
  const headers = {
    host: 'localhost',
    upgrade: 'websocket',
    connection: 'Upgrade',
    'sec-websocket-version': '13',
    'sec-websocket-key': 'AAAAAAAAAAAAAAAAAAAAAA==',
  }
  const rawHeaders = Object.entries(headers).flat()
  const message = { url: path, method: 'GET', httpVersion: '1.1', headers, rawHeaders }
  http.emit('upgrade', message as unknown as IncomingMessage, pipe, Buffer.alloc(0))
}
