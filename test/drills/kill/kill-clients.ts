/**
 * Clients that may be ended, but not fooled: each numbers what it sends and notices what is lost, repeated or out of order until it sees its
 * end. Members of the room may miss what a dead worker had not passed on; never get it twice or out of order.
 *
 * Owned by the drill; end with `leave()`.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { clientFrame } from '../../support/wire.ts'
import { DrillSocket } from '../reload/drill-socket.ts'

const STEP_MS = 10

export class KillClient {
  readonly number: number
  readonly path: string
  /** Of the connection, as the server has told it. */
  id = ''
  /** Its close code. */
  ended: number | null = null
  sent = 0
  /** The next number it has to hear (echo). */
  next = 0
  /** What it has heard last of each publisher (room). */
  readonly heard = new Map<number, number>()
  /** How many of each publisher it has not heard, although it has heard later ones. */
  readonly missed = new Map<number, number>()
  /** The first thing that was wrong, and how many were. */
  problem = ''
  problems = 0
  #socket: DrillSocket | null = null

  constructor(number: number, path: string) {
    this.number = number
    this.path = path
  }

  get port(): number {
    return this.#socket?.localPort ?? 0
  }

  get inRoom(): boolean {
    return this.path === '/room'
  }

  async open(port: number): Promise<void> {
    const url = new URL(`ws://127.0.0.1:${port}${this.path}`)
    this.#socket = await DrillSocket.open(url, 'whole', {
      onText: (text) => this.#hear(text),
      onEnd: (code) => {
        this.ended = code
      },
    })
  }

  say(): void {
    if (this.ended !== null) return
    const text = this.inRoom ? `${this.number} ${this.sent++}` : String(this.sent++)
    this.#socket?.send(clientFrame({ opcode: 1, payload: Buffer.from(text) }))
  }

  leave(): void {
    if (this.ended === null) this.#socket?.leave()
  }

  #hear(text: string): void {
    const [kind, ...rest] = text.split(' ')
    if (kind === 'id') this.id = rest[0] ?? ''
    else if (kind === 'is') {
      const number = Number(rest[0])
      if (number !== this.next) this.#wrong(`got ${number}, wanted ${this.next}`)
      this.next = number + 1
    } else if (kind === 'from') {
      const [publisher = 0, number = 0] = rest.map(Number)
      const last = this.heard.get(publisher)
      if (last !== undefined && number <= last) this.#wrong(`got ${number} of ${publisher} after ${last}`)
      if (last !== undefined && number > last + 1) {
        this.missed.set(publisher, (this.missed.get(publisher) ?? 0) + number - last - 1)
      }
      this.heard.set(publisher, number)
    } else this.#wrong(`got ${text}`)
  }

  #wrong(what: string): void {
    this.problems++
    this.problem ||= `${this.path} ${this.number} ${what}`
  }
}

export class KillClients {
  readonly all: KillClient[] = []
  #saying = false
  #said: Promise<void> = Promise.resolve()

  get living(): KillClient[] {
    return this.all.filter(({ ended }) => ended === null)
  }

  async open(port: number, paths: readonly string[]): Promise<void> {
    const added = paths.map((path, index) => new KillClient(this.all.length + index, path))
    this.all.push(...added)
    for (let at = 0; at < added.length; at += 50) {
      await Promise.all(added.slice(at, at + 50).map((client) => client.open(port)))
    }
  }

  /** Each says something every `everyMs`, spread evenly. */
  begin(everyMs: number): void {
    this.#saying = true
    this.#said = this.#say(everyMs)
  }

  async stop(): Promise<void> {
    this.#saying = false
    await this.#said
  }

  /** Those that see no end have to be answered. @returns those that were not, after so long */
  async silent(withinMs: number): Promise<KillClient[]> {
    for (let round = 0; round < 3; round++) for (const client of this.living) client.say()
    const latest = performance.now() + withinMs
    let left = this.#unanswered()
    while (left.length > 0 && performance.now() < latest) {
      await pause(STEP_MS)
      left = this.#unanswered()
    }
    // What comes twice may come late.
    await pause(100)
    return left
  }

  /** Room messages of publishers that live which a member that lives has not heard. */
  get missed(): number {
    const { living } = this
    return living.reduce(
      (sum, { missed }) => sum + living.reduce((own, { number }) => own + (missed.get(number) ?? 0), 0),
      0,
    )
  }

  leave(): void {
    for (const client of this.all) client.leave()
  }

  #unanswered(): KillClient[] {
    const publishers = this.living.filter(({ inRoom }) => inRoom)
    return this.living.filter((client) =>
      client.inRoom
        ? publishers.some(({ number, sent }) => client.heard.get(number) !== sent - 1)
        : client.next < client.sent,
    )
  }

  async #say(everyMs: number): Promise<void> {
    let due = 0
    let turn = 0
    let before = performance.now()
    while (this.#saying) {
      const now = performance.now()
      const { living } = this
      // When this process is late it says less: what it has missed must not come all at once.
      due = Math.min(due + (living.length * (now - before)) / everyMs, living.length / 4)
      before = now
      for (; due >= 1; due--) living[turn++ % living.length]?.say()
      await pause(STEP_MS)
    }
  }
}
