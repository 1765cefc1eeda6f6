/**
 * The peers of a drill, in a process of their own, so that it can be stopped, or put into a network namespace. Asked by its
 * parent (child.ts); ends with it.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { answer } from './child.ts'
import { DrillPeer, type PeerOptions } from './drill-peer.ts'

export interface Opening extends Pick<PeerOptions, 'host' | 'port' | 'path'> {
  readonly count: number
  /** Where they come from, in turn; default: as the system likes. */
  readonly addresses?: readonly string[]
  /** Answer pings and close frames; default true. */
  readonly answers?: boolean
  /** Never read after the answer to the upgrade. */
  readonly deaf?: boolean
  readonly keyed?: boolean
}

export interface PeersState {
  readonly open: number
  /** By the close frame that came; 1006: none. */
  readonly closed: Readonly<Record<string, number>>
  readonly pings: number
  readonly texts: number
  /** Of those that have a numbered message: */
  readonly reading: readonly PeerReading[]
}

export interface PeerReading {
  readonly first: number
  readonly last: number
  readonly missing: number
  readonly backwards: number
  readonly backwardsInKey: number
  /** The last numbers of the keys, smallest first. */
  readonly lastByKey: readonly number[]
}

/** Below the backlog of a listener (511): more would wait a second for their SYN to be sent again. */
const AT_ONCE = 200
const CHAT_EVERY_MS = 5
const peers = new Set<DrillPeer>()
const closed: Record<string, number> = {}

async function open({ count, addresses, deaf, answers = true, keyed = false, ...where }: Opening): Promise<number> {
  for (let done = 0; done < count; done += AT_ONCE) {
    const some = Array.from({ length: Math.min(AT_ONCE, count - done) }, (_, at) => {
      const localAddress = addresses?.[(done + at) % addresses.length]
      return openOne({ ...where, answers, keyed, ...(localAddress !== undefined && { localAddress }) }, deaf === true)
    })
    await Promise.all(some)
  }
  return count
}

function openOne(options: PeerOptions, deaf: boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    const peer = new DrillPeer(
      options,
      () => {
        if (deaf) peer.socket.pause()
        resolve()
      },
      () => {
        peers.delete(peer)
        if (peer.texts > 0 && peer.first > 0) gone.push(readingOf(peer))
        closed[peer.closeCode] = (closed[peer.closeCode] ?? 0) + 1
        reject(new Error('closed before it was open'))
      },
    )
    peers.add(peer)
  })
}

// Bounded by the peers of one drill that were sent numbered messages.
const gone: PeerReading[] = []

function readingOf(peer: DrillPeer): PeerReading {
  const { first, last, missing, backwards, backwardsInKey } = peer
  const lastByKey = [...peer.lastByKey.values()].sort((a, b) => a - b)
  return { first, last, missing, backwards, backwardsInKey, lastByKey }
}

function state(): PeersState {
  let [pings, texts] = [0, 0]
  const reading = [...gone]
  for (const peer of peers) {
    pings += peer.pings
    texts += peer.texts
    if (peer.first > 0) reading.push(readingOf(peer))
  }
  return { open: peers.size, closed, pings, texts, reading }
}

/** Each says something and waits until it has come back. */
async function echo({ deadlineMs }: { deadlineMs: number }): Promise<number> {
  const before = new Map([...peers].map((peer) => [peer, peer.texts]))
  for (const peer of peers) peer.say('echo')
  const until = performance.now() + deadlineMs
  const answered = () => [...before].filter(([peer, texts]) => peer.texts > texts).length
  while (answered() < before.size && performance.now() < until) await pause(10)
  return answered()
}

let chatting: NodeJS.Timeout | undefined
let chatted = 0

/** From now on each says something in turn, so many in a second, until `quiet`. */
function chat({ perSecond }: { perSecond: number }): void {
  const all = [...peers]
  const begun = performance.now()
  chatted = 0
  chatting = setInterval(() => {
    const due = ((performance.now() - begun) / 1000) * perSecond
    for (; chatted < due; chatted++) all[chatted % all.length]?.say('chat')
  }, CHAT_EVERY_MS)
}

/** So many come, say something, and leave. */
async function visit({ count, ...where }: Opening): Promise<void> {
  const before = new Set(peers)
  await open({ ...where, count })
  const guests = [...peers].filter((peer) => !before.has(peer))
  for (const guest of guests) guest.say('visit')
  while (guests.some(({ texts }) => texts === 0)) await pause(5)
  for (const guest of guests) guest.close()
  while (guests.some((guest) => peers.has(guest))) await pause(5)
}

/** How many were said. */
function quiet(): number {
  clearInterval(chatting)
  return chatted
}

/** A third says close, a third hangs up, a third resets. Resolves when all are gone. */
async function leave(): Promise<void> {
  const all = [...peers]
  for (const [at, peer] of all.entries()) {
    if (at % 3 === 0) peer.close()
    else if (at % 3 === 1) peer.socket.end()
    else peer.socket.resetAndDestroy()
  }
  while (peers.size > 0) await pause(5)
}

answer({
  ready: () => null,
  open,
  state,
  echo,
  chat,
  visit,
  quiet,
  leave,
  say: ({ text }: { text: string }) => {
    for (const peer of peers) peer.say(text)
  },
  /** The deaf begin to read. */
  wake: () => {
    for (const peer of peers) peer.socket.resume()
  },
})
