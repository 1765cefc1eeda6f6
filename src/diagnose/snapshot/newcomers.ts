/**
 * What has come into a process since an earlier snapshot of it: V8 gives an object the same id in all snapshots. Pure.
 */
import { NO_EDGE, type Walk } from './search.ts'
import type { Snapshot } from './snapshot.ts'
import { EDGE, NODE, WORDS as W } from './words.ts'

/** Which ids a snapshot has. Only objects of V8's heap, which have odd ones. */
export class Ids {
  readonly #bits: Uint8Array

  constructor({ graph }: Snapshot) {
    let largest = 0
    for (const id of graph.nodeId) if ((id & 1) === 1 && id > largest) largest = id
    this.#bits = new Uint8Array((largest >>> 4) + 1)
    for (const id of graph.nodeId) if ((id & 1) === 1) this.#bits[id >>> 4] = (this.#bits[id >>> 4] ?? 0) | bit(id)
  }

  has(id: number): boolean {
    return ((this.#bits[id >>> 4] ?? 0) & bit(id)) !== 0
  }
}

const bit = (id: number): number => 1 << ((id >>> 1) & 7)

/** What programs make, and not V8 for itself. */
const COUNTED = new Set([
  NODE.object,
  NODE.closure,
  NODE.string,
  NODE['concatenated string'],
  NODE['sliced string'],
  NODE.regexp,
  NODE.bigint,
])

/**
 * The newcomers that are held by what was there before: not what they have brought along. A list or table that takes the
 * place of another one under the same name is none; what is in it is.
 */
export function newcomers(snapshot: Snapshot, { order, reachedBy }: Walk, before: Ids): Uint32Array {
  const { nodeCount, nodeId, nodeType } = snapshot.graph
  const isBehind = new Uint8Array(nodeCount)
  const found: number[] = []
  for (const node of order) {
    const edge = reachedBy[node] as number
    const id = nodeId[node] as number
    // The way to what was there before may lead over a newcomer, a timer that was set again, say: it has not brought that along.
    if ((id & 1) === 1 && before.has(id)) continue
    const from = edge === NO_EDGE ? -1 : snapshot.from(edge)
    if (from !== -1 && isBehind[from] === 1) {
      isBehind[node] = 1
      continue
    }
    const isNew = (id & 1) === 1 && COUNTED.has(nodeType[node] as number)
    if (!isNew || isReplaced(snapshot, node, edge)) continue
    isBehind[node] = 1
    found.push(node)
  }
  return Uint32Array.from(found).sort()
}

function isReplaced(snapshot: Snapshot, node: number, edge: number): boolean {
  const type = snapshot.graph.edgeType[edge]
  if (type !== EDGE.property && type !== EDGE.context) return false
  const word = snapshot.word(node)
  return word === W.Array || word === W.Object || word === W.Map || word === W.Set
}
