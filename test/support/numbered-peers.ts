/**
 * Clients that send numbered messages to an echo and check what comes back: each one once, in order. Each gives up its place
 * in the order only to the next number, so a message that is lost, repeated or overtaken shows.
 *
 * Made for a test; end with it.
 */
import { once } from 'node:events'
import type { TestContext } from 'node:test'
import { WebSocket } from 'ws'
import { until, within } from './deadline.ts'

export class NumberedPeers {
  readonly problems: string[] = []
  received = 0
  sent = 0
  readonly #sockets: WebSocket[] = []
  readonly #next: number[] = []
  #timer: NodeJS.Timeout | null = null

  /** @param query what each asks for behind the path */
  static async open(t: TestContext, port: number, count: number, path = '/'): Promise<NumberedPeers> {
    const peers = new NumberedPeers()
    t.after(() => peers.end())
    for (let index = 0; index < count; index++) {
      const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`)
      peers.#add(socket, index)
      await within('a connection', once(socket, 'open'))
    }
    return peers
  }

  get size(): number {
    return this.#sockets.length
  }

  /** Each sends its next number every `everyMs`, spread evenly. */
  begin(everyMs: number): void {
    const tickMs = 5
    let due = 0
    let turn = 0
    this.#timer = setInterval(() => {
      for (due += (this.size * tickMs) / everyMs; due >= 1; due--) {
        const index = turn++ % this.size
        this.#sockets[index]?.send(String(Math.floor((turn - 1) / this.size)))
        this.sent++
      }
    }, tickMs)
  }

  /** Nothing more is sent, and everything has come back. */
  async settle(): Promise<void> {
    clearInterval(this.#timer ?? undefined)
    await until(`all ${this.sent} messages are back; ${this.received} are`, () => this.received >= this.sent)
  }

  end(): void {
    clearInterval(this.#timer ?? undefined)
    for (const socket of this.#sockets) socket.terminate()
  }

  #add(socket: WebSocket, index: number): void {
    this.#sockets.push(socket)
    this.#next.push(0)
    socket.on('message', (data) => {
      const number = Number(String(data))
      this.received++
      if (number !== this.#next[index]) this.problems.push(`peer ${index} got ${number}, wanted ${this.#next[index]}`)
      this.#next[index] = number + 1
    })
    socket.on('close', (code) => {
      if (this.#timer !== null || this.received < this.sent) this.problems.push(`peer ${index} was closed with ${code}`)
    })
    socket.on('error', (error) => this.problems.push(`peer ${index}: ${error.message}`))
  }
}
