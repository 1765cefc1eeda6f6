/**
 * Clients that send numbered messages to an echo and check what comes back: each number once, in order. What is lost,
 * repeated or overtaken shows, and so does who was closed.
 *
 * Made for a test; end with it.
 */
import { once } from 'node:events'
import type { TestContext } from 'node:test'
import { WebSocket } from 'ws'
import { until, within } from './deadline.ts'

interface Peer {
  readonly socket: WebSocket
  sent: number
  /** The number that has to come next. */
  next: number
  /** The code it was closed with, or null. */
  closed: number | null
}

const TICK_MS = 5

export class NumberedPeers {
  readonly problems: string[] = []
  readonly #peers: Peer[] = []
  #timer: NodeJS.Timeout | null = null

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

  get sent(): number {
    return this.#peers.reduce((sum, { sent }) => sum + sent, 0)
  }

  /** The codes of those that were closed. */
  get closed(): number[] {
    return this.#peers.flatMap(({ closed }) => (closed === null ? [] : [closed]))
  }

  /** Each sends its next number every `everyMs`, one after the other. */
  begin(everyMs: number): void {
    let due = 0
    let turn = 0
    this.#timer = setInterval(() => {
      for (due += (this.#peers.length * TICK_MS) / everyMs; due >= 1; due--) {
        this.#send(this.#peers[turn++ % this.#peers.length]!)
      }
    }, TICK_MS)
  }

  /** Nothing more is sent; whoever is still open has everything back. */
  async settle(deadlineMs?: number): Promise<void> {
    clearInterval(this.#timer ?? undefined)
    const waiting = (): Peer[] => this.#peers.filter(({ sent, next, closed }) => closed === null && next < sent)
    await until('everybody has everything back', () => waiting().length === 0, deadlineMs)
  }

  /** Once more back and forth, with all that are open. */
  async answer(): Promise<void> {
    for (const peer of this.#peers) this.#send(peer)
    await this.settle()
  }

  end(): void {
    clearInterval(this.#timer ?? undefined)
    for (const { socket } of this.#peers) socket.terminate()
  }

  #send(peer: Peer): void {
    if (peer.closed === null && peer.socket.readyState === WebSocket.OPEN) peer.socket.send(String(peer.sent++))
  }

  #add(socket: WebSocket, index: number): void {
    const peer: Peer = { socket, sent: 0, next: 0, closed: null }
    this.#peers.push(peer)
    socket.on('message', (data) => {
      const number = Number(String(data))
      if (number !== peer.next) this.problems.push(`peer ${index} got ${number}, wanted ${peer.next}`)
      peer.next = number + 1
    })
    socket.on('close', (code) => {
      peer.closed = code
    })
    socket.on('error', () => {})
  }
}
