/**
 * What V8's CPU profiler answers, as samples of a profile: for each stack, and each line at its top, how often and how long.
 * Pure but for the source maps, which are asked; holds nothing.
 */
import { CallTree, type TreeNode } from './call-tree.ts'
import { type CallFrame, type CodePlace, framesOf } from './frames.ts'
import type { Frame, ProfileSample } from './plain-profile.ts'
import type { SourceMaps } from './source-maps.ts'

const NS_PER_US = 1_000
/** The root of the tree is no function, and a thread that has nothing to do takes no time of the processor. */
const NO_WORK = ['(root)', '(idle)']
const NO_PARENT = -1

interface CpuNode {
  readonly id: number
  readonly callFrame: CallFrame
  readonly children?: readonly number[]
  /** Lines, counted from 1, that were found at the top of the stack. One may be there several times. */
  readonly positionTicks?: readonly { readonly line: number; readonly ticks: number }[]
}

/** What V8 answers. */
export interface CpuProfiled {
  readonly nodes: readonly CpuNode[]
  /** In microseconds. */
  readonly startTime: number
  readonly endTime: number
  /** The node at the top, for each sample. */
  readonly samples: readonly number[]
  /** Microseconds since the sample before. */
  readonly timeDeltas: readonly number[]
}

/** A line at the top of a stack. */
interface Top {
  readonly nodeId: number
  readonly place: CodePlace
  readonly samples: number
  readonly us: number
}

export async function cpuSamples(
  profiled: CpuProfiled,
  intervalUs: number,
  maps: SourceMaps,
  signal: AbortSignal,
): Promise<ProfileSample[]> {
  const tree = new CallTree(treeOf(profiled.nodes))
  const tops = topsOf(profiled, intervalUs)
  const places = tree.places()
  const frames = await framesOf([...places, ...tops.map(({ place }) => place)], maps, signal)
  return tops.map(({ nodeId, samples, us }, index) => {
    const [, ...callers] = tree.stackOf(nodeId, frames)
    const top = frames[places.length + index] as Frame
    return { stack: [top, ...callers], values: [samples, us * NS_PER_US] }
  })
}

function topsOf({ nodes, samples, timeDeltas }: CpuProfiled, intervalUs: number): Top[] {
  const sums = new Map<number, { samples: number; us: number }>()
  samples.forEach((id, index) => {
    // The first is of the call that began the profile.
    if (index === 0) return
    const sum = sums.get(id) ?? { samples: 0, us: 0 }
    // From this sample to the next one. What follows the last is not known.
    const us = Math.max(0, timeDeltas[index + 1] ?? intervalUs)
    sums.set(id, { samples: sum.samples + 1, us: sum.us + us })
  })
  return nodes.flatMap((node) => {
    const sum = sums.get(node.id)
    return sum === undefined || isNoWork(node) ? [] : perLine(node, sum)
  })
}

function perLine({ id, callFrame, positionTicks = [] }: CpuNode, sum: { samples: number; us: number }): Top[] {
  const all = positionTicks.reduce((total, { ticks }) => total + ticks, 0)
  // Native code has lines as well, of whoever called it.
  if (all === 0 || callFrame.url === '') return [{ nodeId: id, place: { callFrame, line: null }, ...sum }]
  return positionTicks.map(({ line, ticks }) => ({
    ...{ nodeId: id, place: { callFrame, line: line - 1 } },
    ...{ samples: (sum.samples * ticks) / all, us: (sum.us * ticks) / all },
  }))
}

function treeOf(nodes: readonly CpuNode[]): TreeNode[] {
  const parents = new Map(nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id] as const)))
  return nodes
    .filter((node) => !isNoWork(node))
    .map(({ id, callFrame }) => ({ id, callFrame, parent: parents.get(id) ?? NO_PARENT }))
}

function isNoWork({ callFrame: { functionName, url } }: CpuNode): boolean {
  return url === '' && NO_WORK.includes(functionName)
}
