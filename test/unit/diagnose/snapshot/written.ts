/** Snapshots that no process has had, node by node. The writer is the benchmark's, plain JavaScript; its types are stated here. */
import { SnapshotParser } from '../../../../src/diagnose/snapshot/parser.ts'
import type { Snapshot } from '../../../../src/diagnose/snapshot/snapshot.ts'
import type { EdgeType, NodeType } from '../../../../src/diagnose/snapshot/words.ts'

export type WrittenEdge = readonly [type: EdgeType, name: string | number, to: number]
export type WrittenNode = readonly [
  type: NodeType,
  name: string,
  edges?: readonly WrittenEdge[],
  more?: { readonly id?: number; readonly self?: number; readonly location?: readonly [number, number, number] },
]

const { snapshotText }: { snapshotText: (nodes: readonly WrittenNode[], nodeFields?: readonly string[]) => string } =
  await import(new URL('../../../../bench/snapshot-writer.js', import.meta.url).href)

export { snapshotText }

/** @param chunkBytes how much of it comes at a time */
export function parse(text: string, chunkBytes = 1 << 20): Snapshot {
  const parser = new SnapshotParser()
  const bytes = Buffer.from(text)
  for (let at = 0; at < bytes.length; at += chunkBytes) parser.write(bytes.subarray(at, at + chunkBytes))
  return parser.end()
}

export function snapshotOf(nodes: readonly WrittenNode[]): Snapshot {
  return parse(snapshotText(nodes))
}
