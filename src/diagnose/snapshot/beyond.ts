/**
 * What is behind targets that only Node itself holds: a signal, say, that Node keeps for as long as somebody listens to it. What
 * can be named then is the first function of the program that a target holds. Pure over a walk.
 */
import { type Group, groupPaths } from './groups.ts'
import type { Names } from './names.ts'
import { scriptOf } from './script-name.ts'
import type { Walk } from './search.ts'
import type { Snapshot } from './snapshot.ts'
import { NODE, WORDS as W } from './words.ts'

/** So many targets are looked behind, and so many nodes behind each. */
const TARGETS_MAX = 500
const NODES_MAX = 500

/** The same targets, with paths that go on to those functions; null when not most of them have one in the same way. */
export function beyond(snapshot: Snapshot, walk: Walk, names: Names, { key, targets }: Group): Group | null {
  const looked = targets.slice(0, TARGETS_MAX)
  const functions = looked.map((target) => firstFunction(snapshot, walk, target)).filter((node) => node !== -1)
  // Several targets may have the same one behind them: what belongs to one timer, say.
  const different = new Set(functions)
  const [first] = groupPaths(snapshot, walk, names, Uint32Array.from(different)).groups
  if (first === undefined || functions.length * 2 < looked.length || first.targets.length * 2 < different.size)
    return null
  return { key, targets, paths: first.paths }
}

/** The nearest of those that the walk has come to by the node, or -1. */
function firstFunction(snapshot: Snapshot, { reachedBy }: Walk, node: number): number {
  const { firstEdge, nodeType } = snapshot.graph
  const queue = [node]
  for (let head = 0; head < queue.length && head < NODES_MAX; head++) {
    const at = queue[head] as number
    if (nodeType[at] === NODE.closure && isProgram(snapshot, at)) return at
    // A function that waits, one of many of its kind.
    if (snapshot.word(at) === W.Generator && isProgram(snapshot, snapshot.follow(at, W.function))) return at
    for (let edge = firstEdge[at] as number; edge < (firstEdge[at + 1] as number); edge++)
      if (reachedBy[snapshot.to(edge)] === edge) queue.push(snapshot.to(edge))
  }
  return -1
}

function isProgram(snapshot: Snapshot, closure: number): boolean {
  const script = scriptOf(snapshot, closure)
  return script !== null && !script.url.startsWith('node:')
}
