/**
 * What V8's heap sampler answers, as samples of a profile: for each stack, how many objects and bytes.
 * Pure but for the source maps, which are asked; holds nothing.
 */
import { CallTree, type TreeNode } from './call-tree.ts'
import { type CallFrame, framesOf } from './frames.ts'
import type { ProfileSample } from './plain-profile.ts'
import { ObjectCounts } from './sample-objects.ts'
import type { SourceMaps } from './source-maps.ts'

interface HeapNode {
  readonly id: number
  readonly callFrame: CallFrame
  /** Bytes, of all its samples. */
  readonly selfSize: number
  readonly children: readonly HeapNode[]
}

export interface HeapSample {
  /** Bytes that it stands for. */
  readonly size: number
  readonly nodeId: number
  /** It keeps this number for as long as the sampler runs. */
  readonly ordinal: number
}

/** What V8 answers. */
export interface HeapSampled {
  readonly head: HeapNode
  readonly samples: readonly HeapSample[]
}

export interface HeapSamplesContext {
  /** -1: they have gone. */
  readonly sign: 1 | -1
  readonly intervalBytes: number
  readonly maps: SourceMaps
  readonly signal: AbortSignal
}

/** @param given those of the samples that are wanted */
export async function heapSamples(
  sampled: HeapSampled,
  given: readonly HeapSample[],
  { sign, intervalBytes, maps, signal }: HeapSamplesContext,
): Promise<ProfileSample[]> {
  const nodes = flatten(sampled.head)
  const objects = objectsPerSample(sampled, nodes, intervalBytes)
  const sums = new Map<number, { objects: number; bytes: number }>()
  for (const { nodeId, size } of given) {
    const sum = sums.get(nodeId) ?? { objects: 0, bytes: 0 }
    const count = objects.get(nodeId)?.get(size) ?? 1
    sums.set(nodeId, { objects: sum.objects + count, bytes: sum.bytes + size })
  }
  const tree = new CallTree(nodes)
  const frames = await framesOf(tree.places(), maps, signal)
  return [...sums].map(([nodeId, sum]) => ({
    stack: tree.stackOf(nodeId, frames),
    values: [sign * sum.objects, sign * sum.bytes],
  }))
}

type FlatNode = TreeNode & { readonly selfSize: number }

/** All but the root. V8's stacks have at most 128 frames, so this goes no deeper. */
function flatten(head: HeapNode): FlatNode[] {
  const nodes: FlatNode[] = []
  const visit = (parent: HeapNode): void => {
    for (const { id, callFrame, selfSize, children } of parent.children) {
      nodes.push({ id, callFrame, selfSize, parent: parent.id })
      visit({ id, callFrame, selfSize, children })
    }
  }
  visit(head)
  return nodes
}

/** By node, then by what a sample says. */
function objectsPerSample(
  { head, samples }: HeapSampled,
  nodes: readonly FlatNode[],
  intervalBytes: number,
): ReadonlyMap<number, ReadonlyMap<number, number>> {
  const perNode = new Map<number, Map<number, number>>()
  for (const { nodeId, size } of samples) {
    const there = perNode.get(nodeId) ?? new Map<number, number>()
    there.set(size, (there.get(size) ?? 0) + 1)
    perNode.set(nodeId, there)
  }
  const sums = new Map([head, ...nodes].map(({ id, selfSize }) => [id, selfSize]))
  const counts = new ObjectCounts(intervalBytes)
  return new Map([...perNode].map(([id, there]) => [id, counts.of(there, sums.get(id) ?? 0)]))
}
