/**
 * The variables that ES modules export: each stands in a cell of its own, which the modules that import it hold too. Here it
 * belongs to the module that declares it, under the name by which that one exports it. Pure over a snapshot.
 */
import { type ScriptName, scriptOf } from './script-name.ts'
import type { Snapshot } from './snapshot.ts'
import { EDGE, NODE, WORDS as W } from './words.ts'

export interface Exported {
  readonly name: string
  /** The node of the module. */
  readonly module: number
}

interface Module {
  /** By cell: the name under which it is exported, its own or another's. */
  readonly names: ReadonlyMap<number, string>
  /** Of its own exports and of its imports; not of what it only hands on. */
  readonly cells: ReadonlySet<number>
  readonly requested: ReadonlySet<number>
}

/** By the node of the cell. */
export function exportedCells(snapshot: Snapshot): ReadonlyMap<number, Exported> {
  const { nodeCount } = snapshot.graph
  const modules = new Map<number, Module>()
  const exported = new Map<number, Exported>()
  for (let node = 0; node < nodeCount; node++)
    if (snapshot.word(node) === W['system / SourceTextModule']) modules.set(node, readModule(snapshot, node))
  for (const [module, { names, cells }] of modules) {
    for (const [cell, name] of names) {
      if (!cells.has(cell)) continue
      const other = exported.get(cell)
      // What is imported and exported again belongs to where it comes from.
      if (other === undefined || modules.get(other.module)?.requested.has(module)) exported.set(cell, { name, module })
    }
  }
  return exported
}

/** Its arrays: the table of its exports by name, its own cells, those it imports, the modules it asks for. */
function readModule(snapshot: Snapshot, module: number): Module {
  const { firstEdge, edgeTo, nodeType } = snapshot.graph
  const names = new Map<number, string>()
  const cells = new Set<number>()
  const requested = new Set<number>()
  for (let edge = firstEdge[module] as number; edge < (firstEdge[module + 1] as number); edge++) {
    const array = edgeTo[edge] as number
    if (nodeType[array] !== NODE.array) continue
    const at = elementsOf(snapshot, array)
    for (const [index, node] of at) {
      const word = snapshot.word(node)
      const key = at.get(index - 1) ?? -1
      if (word === W['system / SourceTextModule']) requested.add(node)
      else if (word !== W['system / Cell']) continue
      else if (key !== -1 && nodeType[key] === NODE.string) names.set(node, snapshot.name(key))
      else cells.add(node)
    }
  }
  return { names, cells, requested }
}

function elementsOf(snapshot: Snapshot, array: number): ReadonlyMap<number, number> {
  const { firstEdge, edgeType } = snapshot.graph
  const elements = new Map<number, number>()
  for (let edge = firstEdge[array] as number; edge < (firstEdge[array + 1] as number); edge++) {
    const index = edgeType[edge] === EDGE.internal ? Number(snapshot.edgeName(edge)) : Number.NaN
    if (Number.isInteger(index)) elements.set(index, snapshot.to(edge))
  }
  return elements
}

/** The code at the top of a module: a function before it has run, and what is left of it afterwards. -1: none. */
export function functionOfModule(snapshot: Snapshot, module: number): number {
  const { firstEdge, edgeTo, nodeType } = snapshot.graph
  for (let edge = firstEdge[module] as number; edge < (firstEdge[module + 1] as number); edge++) {
    const to = edgeTo[edge] as number
    if (nodeType[to] === NODE.closure) return to
    if (snapshot.word(to) === W.Generator) return snapshot.follow(to, W.function)
  }
  return -1
}

export function scriptOfModule(snapshot: Snapshot, module: number): ScriptName | null {
  return scriptOf(snapshot, functionOfModule(snapshot, module))
}
