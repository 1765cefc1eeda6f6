/**
 * Sends waves of peers against the nothing-left server, each in one of the WAYS, and waits until the server has let go of all of
 * them. Owns its peers: all are destroyed before a wave is over.
 */
import type { Server } from '../../../src/index.ts'
import { RawPeer } from '../../fuzz/raw-peer.ts'
import { balanced } from '../../support/serving.ts'
import type { Counts } from './counts.ts'
import { WAYS, type Way } from './ways.ts'

const DEADLINE_MS = 20_000

/** Peers whose upgrade waits in the server, by mark; each is told once and forgotten. */
export type Reached = Map<string, () => void>

export interface Run {
  readonly server: Server
  readonly counts: Counts
  readonly reached: Reached
}

/** `size` peers at once, in the ways from `first` on. */
export async function wave({ server, counts, reached }: Run, first: number, size: number): Promise<void> {
  const peers: RawPeer[] = []
  const answers: Promise<void>[] = []
  for (let at = first; at < first + size; at += 1) {
    const way = WAYS[at % WAYS.length] as Way
    const peer = new RawPeer(server.port)
    peers.push(peer)
    answers.push(visit(peer, way, String(at), counts, reached))
  }
  await Promise.all(answers)
  await letGo(server)
  for (const peer of peers) peer.destroy()
  await Promise.all(
    peers.map(({ socket }) => (socket.closed ? null : new Promise((resolve) => socket.once('close', resolve)))),
  )
  for (const mark of reached.keys())
    counts.wrongs.push(`${WAYS[Number(mark) % WAYS.length]?.name} never came to its await`)
  reached.clear()
}

/** Resolves when this peer has been answered, has left, or was left. */
function visit(peer: RawPeer, way: Way, mark: string, counts: Counts, reached: Reached): Promise<void> {
  const wanted = 'status' in Object(way.outcome) ? (way.outcome as { status: number }).status : 0
  if (way.reached) {
    const vanish = way.reached
    reached.set(mark, () => {
      reached.delete(mark)
      vanish(peer)
    })
  }
  return new Promise((resolve) => {
    peer.onAnswer = (status) => {
      if (wanted !== 0 && status !== wanted)
        counts.wrongs.push(`${way.name} was answered with ${status}, wanted ${wanted}`)
      if (typeof way.outcome === 'object' && 'code' in way.outcome && status !== 101) {
        counts.wrongs.push(`${way.name} was answered with ${status}`)
      }
      if (way.outcome === 'failed' && status === 101) counts.wrongs.push(`${way.name} was let in`)
      if (status === 101) way.opened?.(peer)
      if (way.deaf) peer.socket.pause()
      resolve()
    }
    if (!way.silent) {
      peer.onFrame = ({ opcode, payload }) => {
        if (opcode === 8) peer.frame(8, payload)
      }
    }
    peer.onEnd = () => {
      if (!way.silent) peer.fin()
      resolve()
    }
    peer.write(way.request.replace('\r\n\r\n', `\r\nX-Mark: ${mark}\r\n\r\n`))
    way.sent?.(peer)
    if (way.sent !== undefined) resolve()
  })
}

/** Until the server holds nothing. What remains at the deadline is named. */
export async function letGo(server: Server): Promise<void> {
  const until = performance.now() + DEADLINE_MS
  for (;;) {
    const { opening, open, draining, closing, sockets, imbalances } = server.ledger()
    if (imbalances.length > 0) throw new Error(imbalances.join('; '))
    if (opening + open + draining + closing + sockets === 0) return balanced(server)
    if (performance.now() > until) {
      throw new Error(`still held: ${JSON.stringify({ opening, open, draining, closing, sockets })}`)
    }
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}
