/**
 * A broker over links: each worker tells the others which topics it wants, and sends each message to those that want it.
 *
 * For each topic that is wanted anywhere there is one entry: who wants it, the number of our last message, and of the last
 * one of each other worker. A link keeps the order of what one worker sends, whether that is a message, an interest or a
 * ping: that is what makes `sync()` mean something.
 *
 * Owned by whoever made it, beside the links, which it does not end. Ends with `end()`: it sends and delivers nothing more.
 */
import type { Clock, ClockTimer } from '../base/clock.ts'
import { HoldfastError } from '../base/errors.ts'
import type { Events } from '../base/events.ts'
import { ALL, type Topic } from '../connection/topic.ts'
import type { Broker, BrokerMessage, Marks } from './broker.ts'
import type { BrokerEvents } from './broker-events.ts'
import {
  decodeInterests,
  decodeMessage,
  encodeInterests,
  encodeMessage,
  type Interest,
  messageOverheadBytes,
} from './broker-frames.ts'
import { CHANNELS, FRAME_BYTES_MAX, type Link, type Links } from './links.ts'
import { Stream } from './stream.ts'
import { Syncs } from './syncs.ts'

export interface LinkBrokerInit {
  readonly links: Links
  readonly clock: Clock
  readonly events: Events<BrokerEvents>
  /** Calls at the end of the turn of the event loop; default setImmediate. */
  readonly soon?: (fn: () => void) => void
}

/** What has happened so far. */
export interface BrokerCounts {
  /** Messages published here that some other worker wanted. */
  readonly published: number
  /** Messages of others, delivered here. */
  readonly delivered: number
  /** Left out, because they had come before. */
  readonly repeated: number
  /** Known from their numbers, but did not come. */
  readonly missed: number
  /** Came after nobody here wanted them any more. */
  readonly unwanted: number
}

/** For the header and the topic. */
const OVERHEAD_BYTES_MAX = 64 * 1024
/** How long the marks of a worker that is gone are kept: longer than a move takes. */
const GONE_MS = 60_000

export class LinkBroker implements Broker {
  readonly name: string
  readonly payloadBytesMax: number = FRAME_BYTES_MAX - OVERHEAD_BYTES_MAX
  readonly #links: Links
  readonly #clock: Clock
  readonly #soon: (fn: () => void) => void
  readonly #events: Events<BrokerEvents>
  readonly #syncs: Syncs
  // Removed by: #drop(), when nobody wants the topic, here or elsewhere.
  readonly #streams = new Map<Topic, Stream>()
  /** Workers that are gone, and when their marks are. */
  // Removed by: #linked() when they come back, #forget(), end().
  readonly #forgets = new Map<string, ClockTimer>()
  /** Topics that may have come or gone since the others were told. */
  // Removed by: #tell(), at the end of the turn.
  #changed = new Set<Topic>()
  #scheduled = false
  /** Topics that are forgotten and come back go on from here, so that no number is given twice. */
  #numberMin = 0
  #listener: ((message: BrokerMessage) => void) | null = null
  #counts = { published: 0, delivered: 0, repeated: 0, missed: 0, unwanted: 0 }
  #ended = false

  constructor({ links, clock, events, soon = setImmediate }: LinkBrokerInit) {
    this.name = links.self.name
    this.#links = links
    this.#clock = clock
    this.#soon = soon
    this.#events = events
    this.#syncs = new Syncs(clock)
    this.#stream(ALL).wanted = true
    links.handle(CHANNELS.interest, (link, payload) => this.#interestCame(link, decodeInterests(payload)))
    links.handle(CHANNELS.publish, (link, payload) => this.#messageCame(link, payload))
    links.handle(CHANNELS.ping, (link, payload) => void link.send(CHANNELS.pong, Buffer.from(payload)))
    links.handle(CHANNELS.pong, (link, payload) => this.#syncs.answered(link, payload))
    links.onLinked((link) => this.#linked(link))
    links.onUnlinked((link) => this.#unlinked(link))
  }

  get counts(): BrokerCounts {
    return { ...this.#counts }
  }

  /** How many topics are wanted, here or elsewhere, `all` included. */
  get topicCount(): number {
    return this.#streams.size
  }

  publish(topic: Topic, opcode: number, payload: Uint8Array): number {
    const max = Math.min(this.payloadBytesMax, FRAME_BYTES_MAX - messageOverheadBytes(topic))
    if (payload.length > max) {
      const todo = 'send it in parts, or over something that is made for files'
      const details = { method: 'publish()', bytes: payload.length, max, todo }
      throw new HoldfastError('HF_SEND_TOO_LONG', details)
    }
    const stream = this.#streams.get(topic)
    if (stream === undefined) return 0
    const number = ++stream.number
    if (stream.links.size > 0) this.#send(stream, { topic, number, opcode, payload })
    return number
  }

  topicCame(topic: Topic): void {
    if (topic === ALL || this.#ended) return
    this.#stream(topic).wanted = true
    this.#change(topic)
  }

  topicWent(topic: Topic): void {
    const stream = this.#streams.get(topic)
    if (topic === ALL || stream === undefined || !stream.wanted) return
    stream.wanted = false
    this.#change(topic)
  }

  onMessage(listener: (message: BrokerMessage) => void): void {
    this.#listener = listener
  }

  marks(topics: Iterable<Topic>): Marks {
    const marks: Record<string, Readonly<Record<string, number>>> = {}
    for (const topic of topics) marks[topic] = this.#streams.get(topic)?.marks(this.name) ?? {}
    return marks
  }

  sync(withinMs: number): Promise<void> {
    if (this.#ended) return Promise.reject(ended())
    this.#tell()
    return this.#syncs.begin(this.#links.all(), withinMs)
  }

  end(): void {
    if (this.#ended) return
    this.#ended = true
    this.#listener = null
    this.#syncs.end(ended())
    this.#changed.clear()
    this.#streams.clear()
    for (const timer of this.#forgets.values()) timer.cancel()
    this.#forgets.clear()
  }

  #send(stream: Stream, message: Omit<Parameters<typeof encodeMessage>[0], 'first'>): void {
    this.#counts.published++
    let frame: Buffer | null = null
    for (const [link, first] of stream.links) {
      if (first) {
        stream.links.set(link, false)
        link.send(CHANNELS.publish, encodeMessage({ ...message, first }))
      } else {
        frame ??= encodeMessage({ ...message, first })
        link.send(CHANNELS.publish, frame)
      }
    }
  }

  #messageCame(link: Link, payload: Buffer): void {
    const frame = decodeMessage(payload)
    const { topic, number, opcode } = frame
    const stream = this.#streams.get(topic)
    if (stream === undefined || !stream.wanted) {
      this.#counts.unwanted++
      return
    }
    const from = link.peer.name
    const last = stream.last.get(from)
    if (last !== undefined && number <= last) {
      this.#counts.repeated++
      return
    }
    // The first since we have asked for it follows nothing.
    if (last !== undefined && !frame.first && number > last + 1) this.#missed(from, topic, number - last - 1)
    stream.last.set(from, number)
    this.#counts.delivered++
    this.#listener?.({ from, topic, number, opcode, payload: frame.payload })
  }

  #missed(from: string, topic: Topic, messages: number): void {
    this.#counts.missed += messages
    if (this.#events.wanted('missed')) this.#events.emit('missed', { from, topic, messages })
  }

  #interestCame(link: Link, interests: readonly Interest[]): void {
    if (this.#ended) return
    for (const { topic, came } of interests) {
      const stream = this.#stream(topic)
      if (came) stream.links.set(link, true)
      else if (topic !== ALL) stream.links.delete(link)
      this.#drop(topic, stream)
    }
  }

  #linked(link: Link): void {
    if (this.#ended) return
    this.#forgets.get(link.peer.name)?.cancel()
    this.#forgets.delete(link.peer.name)
    this.#stream(ALL).links.set(link, true)
    const told = [...this.#streams].filter(([, stream]) => stream.told).map(([topic]) => ({ topic, came: true }))
    for (const frame of encodeInterests(told)) link.send(CHANNELS.interest, frame)
  }

  #unlinked(link: Link): void {
    this.#syncs.gone(link)
    if (this.#ended) return
    for (const [topic, stream] of this.#streams) {
      stream.links.delete(link)
      this.#drop(topic, stream)
    }
    // What it published last may still be on its way to a connection that moves: its marks are wanted a while longer.
    const { name } = link.peer
    this.#forgets.get(name)?.cancel()
    this.#forgets.set(
      name,
      this.#clock.after(GONE_MS, () => this.#forget(name)),
    )
  }

  #forget(name: string): void {
    this.#forgets.delete(name)
    for (const stream of this.#streams.values()) stream.last.delete(name)
  }

  #stream(topic: Topic): Stream {
    let stream = this.#streams.get(topic)
    if (stream === undefined) {
      stream = new Stream(this.#numberMin)
      this.#streams.set(topic, stream)
    }
    return stream
  }

  #drop(topic: Topic, stream: Stream): void {
    if (stream.inUse || topic === ALL) return
    this.#numberMin = Math.max(this.#numberMin, stream.number)
    this.#streams.delete(topic)
  }

  #change(topic: Topic): void {
    this.#changed.add(topic)
    if (this.#scheduled) return
    this.#scheduled = true
    this.#soon(() => this.#tell())
  }

  #tell(): void {
    this.#scheduled = false
    if (this.#changed.size === 0) return
    const changed = this.#changed
    this.#changed = new Set()
    const interests: Interest[] = []
    for (const topic of changed) {
      const stream = this.#streams.get(topic)
      if (stream === undefined) continue
      // Who has come and gone within the turn is nobody's business.
      if (stream.told !== stream.wanted) interests.push({ topic, came: stream.wanted })
      stream.told = stream.wanted
      this.#drop(topic, stream)
    }
    const frames = [...encodeInterests(interests)]
    for (const link of [...this.#links.all()]) for (const frame of frames) link.send(CHANNELS.interest, frame)
  }
}

function ended(): HoldfastError {
  return new HoldfastError('HF_ENDED', { what: 'the broker', reason: 'end() was called' })
}
