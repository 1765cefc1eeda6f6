/**
 * What has come into a process since an earlier snapshot of it: V8 gives an object the same id in all snapshots. Pure.
 */
import { NO_EDGE, type Walk } from './search.ts'
import type { Snapshot } from './snapshot.ts'
import { isKeyAt } from './tables.ts'
import { EDGE, EPHEMERON, NODE, WORDS as W } from './words.ts'

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
  NODE.symbol,
])

/** How many newcomers a link of a chain may have between itself and the link before. */
const LINK_LENGTH = 4

export interface Newcomers {
  /**
   * Those that are held by what was there before: not what they have brought along. A list or table that takes the place of
   * another one under the same name is none; what is in it is.
   */
  readonly heads: Uint32Array
  /** Those that may have taken the place of another one: if there are more of them with each round, they have not. */
  readonly replacing: Uint32Array
  /** Those that hang in a chain on others of their kind: in a linked list, the one before is a newcomer as well. */
  readonly links: Uint32Array
}

export function newcomers(snapshot: Snapshot, { order, reachedBy }: Walk, before: Ids): Newcomers {
  const { nodeCount, nodeId, nodeType } = snapshot.graph
  const isBehind = new Uint8Array(nodeCount)
  // By node: the next newcomer on the way to the roots, one more than its number; 0 for none.
  const above = new Uint32Array(nodeCount)
  const heads: number[] = []
  const replacing: number[] = []
  const links: number[] = []
  for (const node of order) {
    const edge = reachedBy[node] as number
    const id = nodeId[node] as number
    // The way to what was there before may lead over a newcomer, a timer that was set again, say: it has not brought that along.
    if ((id & 1) === 1 && before.has(id)) continue
    const from = edge === NO_EDGE ? -1 : snapshot.from(edge)
    const isCounted = (id & 1) === 1 && COUNTED.has(nodeType[node] as number)
    if (from !== -1) above[node] = isNewcomer(snapshot, from, before) ? from + 1 : (above[from] as number)
    // What a text is made of is the text.
    if (from !== -1 && isText(nodeType[from])) {
      isBehind[node] = 1
      continue
    }
    if (isCounted && snapshot.word(node) !== W['system / Context'] && isLink(snapshot, reachedBy, above, node))
      links.push(node)
    if (from !== -1 && isBehind[from] === 1) {
      isBehind[node] = 1
      continue
    }
    if (!isCounted) continue
    if (edge !== NO_EDGE && mayReplace(snapshot, node, edge, before)) {
      replacing.push(node)
      continue
    }
    isBehind[node] = 1
    heads.push(node)
  }
  const sorted = (nodes: readonly number[]) => Uint32Array.from(nodes).sort()
  return { heads: sorted(heads), replacing: sorted(replacing), links: sorted(links) }
}

const TEXTS = new Set<number | undefined>([NODE['concatenated string'], NODE['sliced string']])

/** A string that is made of others. */
export const isText = (type: number | undefined): boolean => TEXTS.has(type)

function isNewcomer({ graph }: Snapshot, node: number, before: Ids): boolean {
  const id = graph.nodeId[node] as number
  return (id & 1) === 1 && COUNTED.has(graph.nodeType[node] as number) && !before.has(id)
}

/** Is it held by another newcomer, a few steps above, in the same way as that one is held itself? */
function isLink({ graph }: Snapshot, reachedBy: Uint32Array, above: Uint32Array, node: number): boolean {
  const { nodeName, nodeType, edgeType, edgeName } = graph
  const edge = reachedBy[node] as number
  if (edge === NO_EDGE || edgeType[edge] === EDGE.element) return false
  // A method belongs to its object; what goes on behind it hangs on a variable that it uses.
  if (edgeType[edge] === EDGE.property && nodeType[node] === NODE.closure) return false
  for (let at = above[node] as number, count = 0; at !== 0 && count < LINK_LENGTH; count++) {
    const other = reachedBy[at - 1] as number
    if (other === NO_EDGE) return false
    const isSameEdge = edgeType[other] === edgeType[edge] && edgeName[other] === edgeName[edge]
    if (isSameEdge && nodeName[at - 1] === nodeName[node]) return true
    at = above[at - 1] as number
  }
  return false
}

/** What is replaced under numbers is in a table that stays as it is. In one with more in it, what is new has been added. */
const REPLACED_MAX = 4_096

const LISTS = new Set([W.Array, W.Map, W.Set])

/** Where there may have been another one before: under a name, a key, a number. */
function mayReplace(snapshot: Snapshot, node: number, edge: number, before: Ids): boolean {
  const { edgeType, nodeId, nodeType } = snapshot.graph
  const type = edgeType[edge]
  const word = snapshot.word(node)
  const isList = LISTS.has(word)
  const isPlain = isList || word === W.Object
  const wasThere = before.has(nodeId[snapshot.from(edge)] as number)
  // A state may be an object of a class, made anew with each change.
  if (nodeType[node] !== NODE.object || !(isPlain || wasThere)) return false
  if (type === EDGE.property || type === EDGE.context || snapshot.word(snapshot.from(edge)) === W['system / Cell'])
    return true
  if (snapshot.edgeWord(edge) === EPHEMERON) return isList && wasThere
  if (type === EDGE.element) return isList && wasThere && isFewAround(snapshot, snapshot.from(edge))
  return type === EDGE.internal && isUnderOldKey(snapshot, edge, isPlain, before)
}

/**
 * The key of an entry in a `Map` stands before its value, and stays when the value is replaced. A small number is no node, so
 * that it may have been there before or not.
 */
function isUnderOldKey(snapshot: Snapshot, edge: number, isPlain: boolean, before: Ids): boolean {
  const { edgeType, firstEdge, nodeId, nodeType } = snapshot.graph
  const table = snapshot.from(edge)
  if (nodeType[table] !== NODE.array) return false
  const index = Number(snapshot.edgeName(edge)) - 1
  const hasNode =
    edge > (firstEdge[table] as number) &&
    edgeType[edge - 1] === EDGE.internal &&
    snapshot.edgeName(edge - 1) === String(index)
  if (hasNode) return before.has(nodeId[snapshot.to(edge - 1)] as number)
  return isPlain && isFewAround(snapshot, table) && isKeyAt(snapshot, table, index)
}

function isFewAround({ graph: { firstEdge } }: Snapshot, from: number): boolean {
  return (firstEdge[from + 1] as number) - (firstEdge[from] as number) <= REPLACED_MAX
}
