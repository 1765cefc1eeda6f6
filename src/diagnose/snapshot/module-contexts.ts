/**
 * Where the variables of modules are. A variable of the program says most of why something is alive, so paths begin there where
 * they can; a table of Node's own, in which something of the program's is, says least, so they go by it as late as they can.
 * Pure over a snapshot.
 */
import { type Exported, scriptOfModule } from './exported.ts'
import { packageOf, scriptOf } from './script-name.ts'
import type { Snapshot } from './snapshot.ts'
import { NODE, WORDS as W } from './words.ts'

export interface ModuleContexts {
  /** Of modules of the program, and the cells of what they export. */
  readonly program: ReadonlySet<number>
  /** Those of packages. */
  readonly package: ReadonlySet<number>
  /** By node, 1 for a context of a `node:` module or of a function in one. */
  readonly isNodes: Uint8Array
}

type Whose = 'program' | 'package' | 'node' | 'nobody'

/** @param exported by cell */
export function moduleContexts(snapshot: Snapshot, exported: ReadonlyMap<number, Exported>): ModuleContexts {
  const { nodeCount, nodeType } = snapshot.graph
  const isNodes = new Uint8Array(nodeCount)
  // Bounded by the scripts: whose the one of that id is.
  const known = new Map<number, Whose>()
  // Bounded by the modules.
  const found = { program: new Set<number>(), package: new Set<number>() }
  for (let node = 0; node < nodeCount; node++) {
    if (nodeType[node] !== NODE.closure) continue
    const id = snapshot.location(node)?.scriptId
    if (id === undefined) continue
    const whose = known.get(id) ?? whoseIs(scriptOf(snapshot, node)?.url ?? '')
    known.set(id, whose)
    const context = snapshot.follow(node, W.context)
    if (whose === 'node') markAround(snapshot, context, isNodes)
    else if (whose !== 'nobody' && isOfModule(snapshot, context)) found[whose].add(context)
  }
  for (const [cell, { module }] of exported) {
    const whose = whoseIs(scriptOfModule(snapshot, module)?.url ?? '')
    if (whose === 'program' || whose === 'package') found[whose].add(cell)
  }
  return { ...found, isNodes }
}

/** Nothing is around it but what all scripts share. */
export function isOfModule(snapshot: Snapshot, context: number): boolean {
  if (!isContext(snapshot, context)) return false
  const outer = snapshot.follow(context, W.previous)
  // Its name may go on.
  return outer !== -1 && !isContext(snapshot, outer) && snapshot.name(outer).startsWith('system / NativeContext')
}

/** The context, and those around it up to what all scripts share. */
function markAround(snapshot: Snapshot, context: number, isMarked: Uint8Array): void {
  for (let at = context; isContext(snapshot, at) && isMarked[at] === 0; at = snapshot.follow(at, W.previous))
    isMarked[at] = 1
}

/** That of Node as a whole has a name of its own. */
function isContext(snapshot: Snapshot, node: number): boolean {
  return node !== -1 && snapshot.word(node) === W['system / Context']
}

function whoseIs(url: string): Whose {
  if (url === '') return 'nobody'
  if (url.startsWith('node:')) return 'node'
  return packageOf(url) === null ? 'program' : 'package'
}
