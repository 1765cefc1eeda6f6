/**
 * How the rows of a heap snapshot are made up, by what it says itself: the fields differ between versions of Node. Pure.
 */
import { invalidSnapshot } from './invalid-snapshot.ts'
import { edgeTypes, nodeTypes } from './words.ts'

/** Where in a row of so many numbers each field stands. */
export interface SnapshotMeta {
  readonly nodeCount: number
  readonly edgeCount: number
  readonly node: Readonly<Record<'width' | 'type' | 'name' | 'id' | 'self' | 'edges', number>>
  readonly edge: Readonly<Record<'width' | 'type' | 'name' | 'to', number>>
  /** -1: it has no places. */
  readonly location: Readonly<Record<'width' | 'object' | 'script' | 'line' | 'column', number>> | null
  /** From the numbers of the snapshot to those of words.ts. */
  readonly nodeTypes: Uint8Array
  readonly edgeTypes: Uint8Array
}

/** More than V8 could give an array. */
const COUNT_MAX = 2 ** 32 - 2

/** @throws HoldfastError HF_SNAPSHOT_INVALID */
export function readMeta(text: string, offset: number): SnapshotMeta {
  const wanted = 'the head of a heap snapshot, with `meta`, `node_count` and `edge_count`'
  const fail = (seen: string) => invalidSnapshot(seen, offset, wanted)
  const { meta, node_count, edge_count } = record(parsed(text, fail), fail)
  const { node_fields, edge_fields, location_fields, node_types, edge_types } = record(meta, fail)
  const place = (fields: unknown, name: string): number => {
    const index = names(fields, fail).indexOf(name)
    if (index === -1) throw fail(`a snapshot whose rows have no field "${name}"`)
    return index
  }
  const nodes = names(node_fields, fail)
  const edges = names(edge_fields, fail)
  const typesOf = (types: unknown, at: number) => names(Array.isArray(types) ? types[at] : null, fail)
  const nodeType = place(nodes, 'type')
  const edgeType = place(edges, 'type')
  return {
    nodeCount: count(node_count, fail),
    edgeCount: count(edge_count, fail),
    node: {
      width: nodes.length,
      type: nodeType,
      name: place(nodes, 'name'),
      id: place(nodes, 'id'),
      self: place(nodes, 'self_size'),
      edges: place(nodes, 'edge_count'),
    },
    edge: {
      width: edges.length,
      type: edgeType,
      name: place(edges, 'name_or_index'),
      to: place(edges, 'to_node'),
    },
    location:
      location_fields === undefined
        ? null
        : {
            width: names(location_fields, fail).length,
            object: place(location_fields, 'object_index'),
            script: place(location_fields, 'script_id'),
            line: place(location_fields, 'line'),
            column: place(location_fields, 'column'),
          },
    nodeTypes: nodeTypes(typesOf(node_types, nodeType)),
    edgeTypes: edgeTypes(typesOf(edge_types, edgeType)),
  }
}

type Fail = (seen: string) => Error

function parsed(text: string, fail: Fail): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw fail('a head that is not JSON')
  }
}

function record(value: unknown, fail: Fail): Record<string, unknown> {
  if (typeof value !== 'object' || value === null) throw fail('a head without `snapshot` and `meta`')
  return value as Record<string, unknown>
}

function names(value: unknown, fail: Fail): readonly string[] {
  if (!Array.isArray(value) || value.length === 0 || value.length > 64 || !value.every((it) => typeof it === 'string'))
    throw fail('a `meta` whose fields or types are no list of names')
  return value
}

function count(value: unknown, fail: Fail): number {
  if (!Number.isInteger(value) || (value as number) < 0 || (value as number) > COUNT_MAX)
    throw fail('a number of nodes or edges that is none')
  return value as number
}
