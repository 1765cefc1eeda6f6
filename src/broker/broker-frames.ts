/**
 * What brokers say to each other over a link: messages and interest. Pure.
 *
 * Names of topics are UTF-16, as they are in memory: in UTF-8 two names with lone surrogates would become one, and a room
 * would get what was published to another. What does not make sense throws, which ends the link it came over.
 */
import { isTopic, type Topic } from '../connection/topic.ts'

/** flags, number, length of the topic; then the topic and the payload. */
const MESSAGE_HEADER_BYTES = 11
const FIRST = 0x80
/** came or went, length of the topic; then the topic. */
const INTEREST_HEADER_BYTES = 5
/** An interest frame becomes a little longer than this at most, by one name. */
const INTEREST_BYTES = 64 * 1024

export interface MessageFrame {
  readonly topic: Topic
  readonly number: number
  readonly opcode: number
  readonly payload: Uint8Array
  /** Nothing of this topic has gone over this link before, or not since the receiver has asked for it. */
  readonly first: boolean
}

/** How long the frame of a message is, but for its payload. */
export function messageOverheadBytes(topic: Topic): number {
  return MESSAGE_HEADER_BYTES + topic.length * 2
}

export function encodeMessage({ topic, number, opcode, payload, first }: MessageFrame): Buffer {
  const start = messageOverheadBytes(topic)
  const frame = Buffer.allocUnsafe(start + payload.length)
  frame[0] = first ? opcode | FIRST : opcode
  frame.writeUIntBE(number, 1, 6)
  frame.writeUInt32BE(start - MESSAGE_HEADER_BYTES, 7)
  frame.write(topic, MESSAGE_HEADER_BYTES, 'utf16le')
  frame.set(payload, start)
  return frame
}

/** @throws Error when it makes no sense */
export function decodeMessage(frame: Buffer): MessageFrame {
  if (frame.length < MESSAGE_HEADER_BYTES) throw new Error('a message that is too short')
  const flags = frame[0] as number
  const opcode = flags & 0x7f
  if (opcode !== 1 && opcode !== 2) throw new Error(`a message with opcode ${opcode}`)
  const start = MESSAGE_HEADER_BYTES + frame.readUInt32BE(7)
  const topic = readTopic(frame, MESSAGE_HEADER_BYTES, start)
  return { topic, number: frame.readUIntBE(1, 6), opcode, payload: frame.subarray(start), first: flags >= FIRST }
}

export interface Interest {
  readonly topic: Topic
  readonly came: boolean
}

/** As many frames as it takes. */
export function* encodeInterests(interests: Iterable<Interest>): IterableIterator<Buffer> {
  let pieces: Buffer[] = []
  let bytes = 0
  for (const { topic, came } of interests) {
    const piece = Buffer.allocUnsafe(INTEREST_HEADER_BYTES + topic.length * 2)
    piece[0] = came ? 1 : 0
    piece.writeUInt32BE(topic.length * 2, 1)
    piece.write(topic, INTEREST_HEADER_BYTES, 'utf16le')
    pieces.push(piece)
    bytes += piece.length
    if (bytes < INTEREST_BYTES) continue
    yield Buffer.concat(pieces)
    pieces = []
    bytes = 0
  }
  if (bytes > 0) yield Buffer.concat(pieces)
}

/** @throws Error when it makes no sense */
export function decodeInterests(frame: Buffer): Interest[] {
  const interests: Interest[] = []
  let at = 0
  while (at < frame.length) {
    const start = at + INTEREST_HEADER_BYTES
    if (start > frame.length) throw new Error('an interest that is too short')
    const end = start + frame.readUInt32BE(at + 1)
    interests.push({ topic: readTopic(frame, start, end), came: frame[at] === 1 })
    at = end
  }
  return interests
}

function readTopic(frame: Buffer, start: number, end: number): Topic {
  if (end > frame.length) throw new Error('a topic that is longer than its frame')
  // Node writes past its memory when it decodes an odd number of bytes of UTF-16 that begin at an odd address (nodejs/node#64697, seen on 24.21).
  if ((end - start) % 2 !== 0) throw new Error('a topic of half a character')
  const topic = frame.toString('utf16le', start, end)
  if (!isTopic(topic)) throw new Error('a topic of no known kind')
  return topic
}
