/**
 * Are these snapshots of one process? V8 numbers its objects from 1 in each process, and anew whenever an inspector that has
 * looked at the heap is closed: then the same number is another object. Pure.
 */
import { HoldfastError } from '../../base/errors.ts'
import type { Snapshot } from './snapshot.ts'

const LOOKED_AT = 2_000
/** Of the objects with the same number, so many bear the same name: all, where they are the same; a fifth, where they are not. */
const ALIKE_MIN = 0.7

/**
 * @param which `first` or `second`, for the message
 * @throws HoldfastError HF_SNAPSHOTS_UNRELATED
 */
export function requireRelated(which: string, one: Snapshot, next: Snapshot): void {
  const { nodeCount, nodeId } = one.graph
  // Bounded by LOOKED_AT; goes with the look.
  const looked = new Map<number, number>()
  const step = Math.max(1, Math.floor(nodeCount / LOOKED_AT))
  for (let node = 0; node < nodeCount; node += step)
    if (isOfHeap(nodeId[node])) looked.set(nodeId[node] as number, node)
  let shared = 0
  let alike = 0
  for (let node = 0; node < next.graph.nodeCount; node++) {
    const before = looked.get(next.graph.nodeId[node] as number)
    if (before === undefined) continue
    shared++
    if (one.graph.nodeType[before] === next.graph.nodeType[node] && one.name(before) === next.name(node)) alike++
  }
  if (alike < shared * ALIKE_MIN || (shared === 0 && looked.size > 0))
    throw new HoldfastError('HF_SNAPSHOTS_UNRELATED', { which, shared, alike })
}

/** Others, of what is not in the heap of V8, have even ones. */
const isOfHeap = (id = 0): boolean => (id & 1) === 1
