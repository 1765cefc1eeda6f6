/**
 * Clients that do not read for a while, in a process of their own, asked by its parent (child.ts): they ask for more than the
 * kernel takes, stop reading, and later read on. Every message has to come, once and in order. Ends with its parent.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { answer } from '../child.ts'
import { DrillSocket } from './drill-socket.ts'
import { Sequence } from './sequence.ts'

export interface BacklogReport {
  readonly clients: number
  /** Messages that the server says it has sent. */
  readonly sent: number
  readonly arrived: number
  readonly lost: number
  readonly repeated: number
  readonly outOfOrder: number
  /** Ended by the other side, by close code. */
  readonly ended: Readonly<Record<string, number>>
  /** Never came to the end. */
  readonly unfinished: number
}

interface Reader {
  readonly socket: DrillSocket
  readonly sequence: Sequence
  sent: number | null
}

const LOOK_MS = 20
const READ_ON_WITHIN_MS = 1_000

const readers: Reader[] = []
const ended: Record<string, number> = {}

async function open({ url, count }: { url: string; count: number }): Promise<void> {
  for (let left = count; left > 0; left--) {
    const sequence = new Sequence()
    const socket = await DrillSocket.open(new URL(url), 'whole', {
      onText(text) {
        const [word, number] = text.split(' ', 2)
        if (word === 'end') reader.sent = Number(number)
        else sequence.came(Number(word))
      },
      onEnd(code) {
        ended[code] = (ended[code] ?? 0) + 1
      },
    })
    const reader: Reader = { socket, sequence, sent: null }
    readers.push(reader)
  }
}

function fill({ bytes }: { bytes: number }): void {
  for (const { socket } of readers) {
    socket.pause()
    socket.say(`fill ${bytes}`)
  }
}

/** One after the other: a worker tries again and again to move them, and who begins between two attempts has read it all by the next. */
async function readOn(): Promise<void> {
  for (const { socket } of readers) {
    socket.resume()
    await pause(READ_ON_WITHIN_MS / readers.length)
  }
}

/** Asks how many there were, behind all of them. */
async function finish({ settleMs }: { settleMs: number }): Promise<BacklogReport> {
  for (const { socket } of readers) socket.say('end')
  const latest = performance.now() + settleMs
  const gone = (): number => Object.values(ended).reduce((sum, count) => sum + count, 0)
  const unfinished = (): number => readers.filter(({ sent }) => sent === null).length
  while (unfinished() > gone() && performance.now() < latest) await pause(LOOK_MS)
  const sum = (of: (reader: Reader) => number): number => readers.reduce((total, reader) => total + of(reader), 0)
  const report = {
    ...{ clients: readers.length, sent: sum(({ sent }) => sent ?? 0), ended, unfinished: unfinished() },
    arrived: sum(({ sequence }) => sequence.arrived),
    lost: sum(({ sequence, sent }) => sequence.lost(sent ?? 0)),
    repeated: sum(({ sequence }) => sequence.repeated),
    outOfOrder: sum(({ sequence }) => sequence.outOfOrder),
  }
  for (const { socket } of readers) socket.leave()
  return report
}

answer({ ready: () => true, open, fill, readOn, finish })
