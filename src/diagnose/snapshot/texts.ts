/**
 * Is a text the one of before, only longer? A program that puts lines together and writes them down again and again has another one
 * each time, now longer, now shorter. Pure over two snapshots.
 */
import { isText } from './newcomers.ts'
import type { Snapshot } from './snapshot.ts'
import { NODE, WORDS as W } from './words.ts'

/** What V8 writes of a string into a snapshot: what is behind it is not known. */
const CHARACTERS_MAX = 1_024

export interface Text {
  readonly snapshot: Snapshot
  readonly node: number
}

/** Where the snapshots do not say, it is. */
export function goesOn(before: Text, now: Text): boolean {
  const one = beginningOf(before)
  const other = beginningOf(now)
  if (one === null || other === null || one.startsWith(other) || other.startsWith(one)) return true
  // Something may have been put in front of it.
  return isMadeOf(now, before.snapshot.graph.nodeId[before.node] as number)
}

/** So many characters of it as the snapshot has; null for none. */
function beginningOf({ snapshot, node }: Text): string | null {
  const waiting = [node]
  let text: string | null = null
  for (let at = waiting.pop(); at !== undefined && at !== -1; at = waiting.pop()) {
    const type = snapshot.graph.nodeType[at]
    if (type === NODE['concatenated string']) {
      waiting.push(snapshot.follow(at, W.second), snapshot.follow(at, W.first))
      continue
    }
    if (type !== NODE.string) break
    const part = snapshot.name(at)
    text = (text ?? '') + part
    if (part.length >= CHARACTERS_MAX || text.length >= CHARACTERS_MAX) break
  }
  return text?.slice(0, CHARACTERS_MAX) ?? null
}

function isMadeOf({ snapshot, node }: Text, id: number): boolean {
  const { firstEdge, edgeTo, nodeId, nodeType } = snapshot.graph
  // Bounded by the parts of the text.
  const seen = new Set([node])
  for (const at of seen) {
    if (nodeId[at] === id) return true
    if (!isText(nodeType[at])) continue
    for (let edge = firstEdge[at] as number; edge < (firstEdge[at + 1] as number); edge++)
      seen.add(edgeTo[edge] as number)
  }
  return false
}
