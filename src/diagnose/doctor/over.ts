/**
 * Which objects of a snapshot are over although somebody holds them still: what a census of Holdfast watches, and, in programs that have none, what
 * can be seen to be over by itself: a socket without its handle, and what belongs to such a socket. A function; holds nothing.
 */
import type { Snapshot } from '../snapshot/snapshot.ts'
import { EDGE } from '../snapshot/words.ts'

/** Objects of one kind that are over. */
export interface OverGroup {
  /** `connection`, `upgrade request`, or the name of a class such as `WebSocket`. */
  readonly kind: string
  /** The route, or the name they were given; empty where there is none. */
  readonly route: string
  /** `census`: they were told to be over. `seen`: they look it. */
  readonly by: 'census' | 'seen'
  /** Nodes of the snapshot. */
  readonly nodes: readonly number[]
}

/** Most first. */
export function overIn(snapshot: Snapshot): OverGroup[] {
  const watched = watchedIn(snapshot)
  const known = new Set(watched.flatMap(({ nodes }) => nodes))
  const seen = seenIn(snapshot).map((group) => ({ ...group, nodes: group.nodes.filter((node) => !known.has(node)) }))
  return [...watched, ...seen.filter(({ nodes }) => nodes.length > 0)].sort((a, b) => b.nodes.length - a.nodes.length)
}

/** The rows of the tables in ../census/watched.ts: weak references, and beside each its group. */
function watchedIn(snapshot: Snapshot): OverGroup[] {
  const groups = new Map<string, { kind: string; route: string; nodes: number[] }>()
  for (const table of snapshot.find({ className: 'Watched' })) {
    const references = elements(snapshot, property(snapshot, table, '#references'))
    const rows = elements(snapshot, property(snapshot, table, '#groups'))
    for (const [row, reference] of references) {
      const group = rows.get(row) ?? -1
      const target = child(snapshot, reference, EDGE.weak, 'target')
      const kind = text(snapshot, property(snapshot, group, 'kind'))
      if (target === -1 || kind === null) continue
      const route = text(snapshot, property(snapshot, group, 'route')) ?? ''
      const key = JSON.stringify([kind, route])
      const found = groups.get(key) ?? { kind, route, nodes: [] }
      groups.set(key, found)
      found.nodes.push(target)
    }
  }
  return [...groups.values()].map((group) => ({ ...group, by: 'census' as const }))
}

/**
 * What is over without a socket, or with one that is. What belongs to such an object is not told again beside it: the socket of a WebSocket,
 * the WebSocket of a Socket.IO socket.
 */
function seenIn(snapshot: Snapshot): OverGroup[] {
  const sockets = ['Socket', 'TLSSocket'].flatMap((className) => [...snapshot.find({ className })])
  const over = new Set(sockets.filter((node) => isNodeSocket(snapshot, node) && !hasHandle(snapshot, node)))
  // Bounded by the objects of the snapshot; goes with the look.
  const told = new Set<number>()
  const groups: OverGroup[] = []
  for (const { kind, className, path } of BEHIND) {
    const nodes: number[] = []
    for (const node of snapshot.find({ className })) {
      const way = [node]
      for (const name of path) way.push(property(snapshot, way.at(-1) as number, name))
      const socket = way.at(-1) as number
      if (told.has(node) || !over.has(socket)) continue
      nodes.push(node)
      for (const part of way.slice(1)) told.add(part)
    }
    if (nodes.length > 0) groups.push({ kind, route: '', by: 'seen', nodes })
  }
  return groups
}

/** From an object to its socket. Those that have others of them inside come first. */
const BEHIND = [
  { kind: 'Socket of Socket.IO', className: 'Socket', path: ['client', 'conn', 'transport', 'socket', '_socket'] },
  { kind: 'WebSocket', className: 'WebSocket', path: ['_socket'] },
  { kind: 'ServerResponse', className: 'ServerResponse', path: ['req', 'socket'] },
  { kind: 'IncomingMessage', className: 'IncomingMessage', path: ['socket'] },
  { kind: 'Socket of node:net', className: 'Socket', path: [] },
  { kind: 'TLSSocket', className: 'TLSSocket', path: [] },
] as const

/** One of node:net or node:tls, and none that somebody else has called so. */
function isNodeSocket(snapshot: Snapshot, node: number): boolean {
  return property(snapshot, node, '_readableState') !== -1 && property(snapshot, node, '_writableState') !== -1
}

/** In Node `_handle` is a pair of accessors over a symbol. */
function hasHandle(snapshot: Snapshot, socket: number): boolean {
  return ['<symbol kHandle>', '_handle'].some((name) => {
    const handle = property(snapshot, socket, name)
    return handle !== -1 && !NO_HANDLES.has(snapshot.name(handle))
  })
}

/** What V8 calls null. */
const NO_HANDLES = new Set(['null', 'system / Oddball'])

/** The node that a property leads to, or -1: there is no such property, or it is a small number. */
function property(snapshot: Snapshot, node: number, name: string): number {
  return child(snapshot, node, EDGE.property, name)
}

function child(snapshot: Snapshot, node: number, type: number, name: string): number {
  if (node === -1) return -1
  const { firstEdge, edgeType } = snapshot.graph
  for (let edge = firstEdge[node] as number; edge < (firstEdge[node + 1] as number); edge++) {
    if (edgeType[edge] === type && snapshot.edgeName(edge) === name) return snapshot.to(edge)
  }
  return -1
}

function elements(snapshot: Snapshot, node: number): Map<number, number> {
  // Made for one look; goes with it. Bounded by the array.
  const found = new Map<number, number>()
  if (node === -1) return found
  const { firstEdge, edgeType, edgeName } = snapshot.graph
  for (let edge = firstEdge[node] as number; edge < (firstEdge[node + 1] as number); edge++) {
    if (edgeType[edge] === EDGE.element) found.set(edgeName[edge] as number, snapshot.to(edge))
  }
  return found
}

function text(snapshot: Snapshot, node: number): string | null {
  return node === -1 ? null : snapshot.name(node)
}
