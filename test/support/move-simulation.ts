/**
 * Workers with brokers in memory, clients that publish to rooms, to users and to all, and moves of those clients from
 * worker to worker: everything that takes time takes a random time. Deterministic for a seed. What a client has seen is checked
 * against all that was published.
 *
 * The brokers and the placeholders (hub/outward.ts) are the real ones; connections are names with a list.
 */
import { Events } from '../../src/base/events.ts'
import { type Broker, isPastMark, type Marks } from '../../src/broker/broker.ts'
import type { BrokerEvents } from '../../src/broker/broker-events.ts'
import { LinkBroker } from '../../src/broker/link-broker.ts'
import { MemoryBus } from '../../src/broker/memory-bus.ts'
import { SharedMessage } from '../../src/connection/shared-message.ts'
import { ALL, roomTopic, type Topic, userTopic } from '../../src/connection/topic.ts'
import { Behind } from '../../src/hub/behind.ts'
import { type Origin, Outward, type Placeholder } from '../../src/hub/outward.ts'
import { ManualClock } from './manual-clock.ts'

export type LeftOut =
  | 'the first sync of the new worker'
  | 'the sync of the old worker'
  | 'looking at what comes after it'
  | 'marks'
  | 'keeping while it is away'

export interface SimulationInit {
  readonly seed: number
  readonly steps: number
  readonly workers?: number
  /** What a negative control leaves out. */
  readonly without?: LeftOut
}

export interface SimulationReport {
  readonly published: number
  readonly moved: number
  readonly refused: number
  /** What is wrong, in words; empty when each client has seen everything once and in order. */
  readonly wrong: readonly string[]
}

/** A client at one worker: a new one each time it comes. */
interface Seat {
  readonly client: Client
}

interface Client {
  readonly name: string
  readonly topics: readonly Topic[]
  /** `publisher number`, as it came. */
  readonly seen: string[]
  worker: Worker
  seat: Seat
  moving: boolean
  /** It does not publish: it is not read. */
  frozen: boolean
  published: number
}

/** Collects, to be delivered or forgotten. */
class Collected implements Placeholder {
  readonly kept: { readonly text: string; readonly origin: Origin }[] = []
  collect(message: SharedMessage, origin: Origin): void {
    this.kept.push({ text: String(message.message), origin })
  }
}

class Worker {
  readonly broker: Broker
  readonly outward: Outward
  readonly behind: Behind<Seat>
  readonly #members = new Map<Topic, Set<Seat>>()

  constructor(broker: Broker) {
    this.broker = broker
    this.outward = new Outward((topic) => this.#members.has(topic))
    this.outward.connect(
      {
        name: broker.name,
        publish: (topic, { opcode, payload }) => broker.publish(topic, opcode, payload),
        topicCame: (topic) => broker.topicCame(topic),
        marks: (topics) => broker.marks(topics),
        isPast: (marks, origin) => isPastMark(marks as Marks, origin),
        topicWent: (topic) => broker.topicWent(topic),
        caughtUp: () => broker.sync(1_000).then(() => true),
      },
      [],
    )
    this.behind = new Behind(this.outward)
    broker.onMessage(({ from, topic, number, opcode, payload }) => {
      const message = SharedMessage.received(opcode, payload)
      const origin = { from, topic, number }
      this.outward.arrived(origin, message, null)
      deliver(this.behind.without(this.#members.get(topic) ?? [], origin), String(message.message))
    })
  }

  join(seat: Seat, topic: Topic): void {
    let members = this.#members.get(topic)
    if (members === undefined) {
      members = new Set()
      this.#members.set(topic, members)
      this.outward.came(topic)
    }
    members.add(seat)
  }

  leave(seat: Seat, topic: Topic): void {
    const members = this.#members.get(topic)
    if (members === undefined || !members.delete(seat) || members.size > 0) return
    this.#members.delete(topic)
    this.outward.went(topic)
  }

  publish(topic: Topic, text: string): void {
    this.outward.tell(topic, new SharedMessage(text, 'publish()'), null)
    deliver(this.#members.get(topic) ?? [], text)
  }
}

function deliver(seats: Iterable<Seat>, text: string): void {
  for (const { client } of seats) client.seen.push(text)
}

export async function simulate(init: SimulationInit): Promise<SimulationReport> {
  const simulation = new Simulation(init)
  await simulation.run()
  return simulation.report()
}

class Simulation {
  readonly #init: SimulationInit
  readonly #random: (below: number) => number
  readonly #pending: (() => void)[] = []
  readonly #workers: Worker[]
  readonly #clients: Client[]
  /** Comes and goes, so that interest does. */
  readonly #visitor: Client
  readonly #log: { readonly topic: Topic; readonly publisher: string; readonly text: string }[] = []
  #moving = 0
  #moved = 0
  #refused = 0

  constructor(init: SimulationInit) {
    this.#init = init
    this.#random = generator(init.seed)
    const later = (fn: () => void): void => void this.#pending.push(fn)
    const bus = new MemoryBus({ later })
    const events = new Events<BrokerEvents>(() => {})
    const clock = new ManualClock()
    this.#workers = Array.from(
      { length: init.workers ?? 4 },
      (_, index) => new Worker(new LinkBroker({ links: bus.join(`w${index}`), clock, events, soon: later })),
    )
    const rooms = ['a', 'b', 'c'].map(roomTopic)
    this.#clients = Array.from({ length: 8 }, (_, index) => {
      const own = rooms.filter((_, room) => room === index % 3 || this.#random(2) === 0)
      return this.#client(`c${index}`, [...own, ALL, userTopic(`c${index}`)])
    })
    this.#visitor = this.#client('visitor', [...rooms, roomTopic('d')])
  }

  async run(): Promise<void> {
    for (const client of this.#clients) for (const topic of client.topics) client.worker.join(client.seat, topic)
    await this.#settle()
    for (let step = 0; step < this.#init.steps; step++) {
      this.#step()
      for (let rest = 0; rest < 8; rest++) await null
    }
    await this.#settle()
  }

  report(): SimulationReport {
    const wrong: string[] = []
    for (const { name, topics, seen } of this.#clients) {
      for (const { name: publisher } of [...this.#clients, this.#visitor]) {
        const wanted = this.#log.filter((entry) => entry.publisher === publisher && topics.includes(entry.topic))
        const came = seen.filter((text) => text.startsWith(`${publisher} `))
        const at = wanted.findIndex(({ text }, index) => came[index] !== text)
        if (at !== -1) wrong.push(`${name} wanted "${wanted[at]?.text}", got "${came[at]}"`)
        else if (came.length > wanted.length) wrong.push(`${name} got "${came[wanted.length]}" beyond all there is`)
      }
    }
    return { published: this.#log.length, moved: this.#moved, refused: this.#refused, wrong }
  }

  #client(name: string, topics: readonly Topic[]): Client {
    const worker = this.#pick(this.#workers)
    const client = { name, topics, seen: [], worker, moving: false, frozen: false, published: 0 }
    return Object.assign(client, { seat: { client: client as unknown as Client } })
  }

  #pick<Item>(items: readonly Item[]): Item {
    return items[this.#random(items.length)] as Item
  }

  #step(): void {
    const dice = this.#random(100)
    if (this.#pending.length > 0 && (dice < 60 || this.#pending.length > 200)) this.#fire()
    else if (dice < 92) this.#publish()
    else if (dice < 95) this.#visit()
    else void this.#move(this.#pick(this.#clients))
  }

  #fire(): void {
    // Mostly what is young: so some links are slow for a long time while others are quick.
    const { length } = this.#pending
    const age = this.#random(10) === 0 ? this.#random(length) : this.#random(Math.min(length, 4))
    const [fn] = this.#pending.splice(length - 1 - age, 1)
    fn?.()
  }

  #publish(): void {
    const client = this.#pick([...this.#clients, this.#visitor])
    if (client.frozen) return
    const topic = this.#pick([...['a', 'b', 'c', 'd'].map(roomTopic), ALL, userTopic(`c${this.#random(8)}`)])
    const text = `${client.name} ${client.published++}`
    this.#log.push({ topic, publisher: client.name, text })
    client.worker.publish(topic, text)
  }

  #visit(): void {
    const topic = this.#pick(this.#visitor.topics)
    if (this.#random(2) === 0) this.#visitor.worker.join(this.#visitor.seat, topic)
    else this.#visitor.worker.leave(this.#visitor.seat, topic)
  }

  /** As two workers do it, with the broker between them: the steps of ARCHITECTURE, "Moving without losing a message". */
  async #move(client: Client): Promise<void> {
    const from = client.worker
    const to = this.#pick(this.#workers)
    if (client.moving || to === from) return
    const { without } = this.#init
    client.moving = true
    this.#moving++
    await this.#delay()
    const there = new Collected()
    for (const topic of client.topics) to.outward.expect(topic, there)
    if (without !== 'the first sync of the new worker') await to.broker.sync(1_000)
    await this.#delay()
    client.frozen = true
    if (without !== 'the sync of the old worker') await from.broker.sync(1_000)
    await this.#delay()
    const marks = from.broker.marks(client.topics)
    const here = new Collected()
    for (const topic of client.topics) {
      if (without !== 'keeping while it is away') from.outward.expect(topic, here)
      from.leave(client.seat, topic)
    }
    from.behind.forget(client.seat)
    await this.#delay()
    const refused = this.#random(4) === 0
    client.worker = refused ? from : to
    client.seat = { client }
    for (const topic of client.topics) client.worker.join(client.seat, topic)
    if (!refused && without !== 'looking at what comes after it') to.behind.add(client.seat, marks)
    const kept = refused
      ? here.kept
      : there.kept.filter(({ origin }) => without === 'marks' || !isPastMark(marks, origin))
    client.seen.push(...kept.map(({ text }) => text))
    for (const topic of client.topics) {
      to.outward.forget(topic, there)
      from.outward.forget(topic, here)
    }
    if (refused) this.#refused++
    else this.#moved++
    client.frozen = false
    client.moving = false
    this.#moving--
  }

  #delay(): Promise<void> {
    return new Promise((resolve) => this.#pending.push(resolve))
  }

  async #settle(): Promise<void> {
    while (this.#pending.length > 0 || this.#moving > 0) {
      this.#fire()
      for (let rest = 0; rest < 8; rest++) await null
    }
  }
}

/** A small generator of random numbers (mulberry32). */
function generator(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below
  }
}
