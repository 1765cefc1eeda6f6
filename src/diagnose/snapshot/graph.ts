/**
 * The nodes and edges of a snapshot as columns of numbers: 17 bytes for a node and 9 for an edge. Filled row by row by the
 * parser, then owned by the snapshot.
 */
import type { RowUser } from './number-rows.ts'
import type { SnapshotMeta } from './snapshot-meta.ts'

const UINT32_MAX = 2 ** 32 - 1

export interface Graph {
  readonly nodeCount: number
  readonly edgeCount: number
  /** Types as words.ts counts them. */
  readonly nodeType: Uint8Array
  /** Indices of strings. */
  readonly nodeName: Uint32Array
  readonly nodeId: Uint32Array
  /** The size of nodes of 4 GiB and more is in `hugeNodes`. */
  readonly nodeSelf: Uint32Array
  readonly hugeNodes: ReadonlyMap<number, number>
  /** The edges of node n are those from `firstEdge[n]` to before `firstEdge[n + 1]`. */
  readonly firstEdge: Uint32Array
  readonly edgeType: Uint8Array
  /** The index of a string, or of an element. */
  readonly edgeName: Uint32Array
  readonly edgeTo: Uint32Array
}

export class GraphBuilder {
  readonly #meta: SnapshotMeta
  // Bounded by the snapshot: nodes of 4 GiB and more.
  readonly #huge = new Map<number, number>()
  readonly #graph: Graph
  #nodes = 0
  #edges = 0
  #edgesOfNodes = 0
  /** The largest index of a string that was seen. */
  nameMax = 0

  constructor(meta: SnapshotMeta) {
    this.#meta = meta
    const { nodeCount, edgeCount } = meta
    this.#graph = {
      nodeCount,
      edgeCount,
      nodeType: new Uint8Array(nodeCount),
      nodeName: new Uint32Array(nodeCount),
      nodeId: new Uint32Array(nodeCount),
      nodeSelf: new Uint32Array(nodeCount),
      hugeNodes: this.#huge,
      firstEdge: new Uint32Array(nodeCount + 1),
      edgeType: new Uint8Array(edgeCount),
      edgeName: new Uint32Array(edgeCount),
      edgeTo: new Uint32Array(edgeCount),
    }
  }

  get graph(): Graph {
    return this.#graph
  }

  nodeRows(): RowUser {
    const { nodeType, nodeName, nodeId, nodeSelf, firstEdge, nodeCount, edgeCount } = this.#graph
    const { node, nodeTypes } = this.#meta
    return {
      what: 'nodes',
      row: (numbers) => {
        const at = this.#nodes++
        if (at >= nodeCount) return `more than the ${nodeCount} rows that its head says`
        const type = numbers[node.type] as number
        const name = numbers[node.name] as number
        const id = numbers[node.id] as number
        const self = numbers[node.self] as number
        if (type >= nodeTypes.length) return `node type ${type}, of ${nodeTypes.length},`
        if (name > UINT32_MAX || id > UINT32_MAX) return `${Math.max(name, id)}, beyond 32 bits,`
        this.#edgesOfNodes += numbers[node.edges] as number
        if (this.#edgesOfNodes > edgeCount) return `more edges than the ${edgeCount} that its head says`
        nodeType[at] = nodeTypes[type] as number
        nodeName[at] = name
        nodeId[at] = id
        nodeSelf[at] = Math.min(self, UINT32_MAX)
        if (self > UINT32_MAX) this.#huge.set(at, self)
        if (name > this.nameMax) this.nameMax = name
        firstEdge[at + 1] = this.#edgesOfNodes
        return null
      },
      over: () =>
        this.#nodes !== nodeCount
          ? `${this.#nodes} rows, of ${nodeCount},`
          : this.#edgesOfNodes !== edgeCount
            ? `${this.#edgesOfNodes} edges of nodes, of ${edgeCount},`
            : null,
    }
  }

  edgeRows(): RowUser {
    const { edgeType, edgeName, edgeTo, nodeCount, edgeCount } = this.#graph
    const { edge, edgeTypes, node } = this.#meta
    const { width } = node
    return {
      what: 'edges',
      row: (numbers) => {
        const at = this.#edges++
        if (at >= edgeCount) return `more than the ${edgeCount} rows that its head says`
        const type = numbers[edge.type] as number
        const name = numbers[edge.name] as number
        const to = (numbers[edge.to] as number) / width
        if (type >= edgeTypes.length) return `edge type ${type}, of ${edgeTypes.length},`
        if (name > UINT32_MAX) return `${name}, beyond 32 bits,`
        if (to >= nodeCount || to !== Math.floor(to)) return `an edge to ${to * width}, where no node begins,`
        edgeType[at] = edgeTypes[type] as number
        edgeName[at] = name
        edgeTo[at] = to
        return null
      },
      over: () => (this.#edges === edgeCount ? null : `${this.#edges} rows, of ${edgeCount},`),
    }
  }
}
