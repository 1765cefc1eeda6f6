/**
 * Which function shows where a context stands in the code: a snapshot has the variables of a scope as a context without a
 * place, but the functions that were made in it have one. Pure over a snapshot.
 */
import type { Snapshot } from './snapshot.ts'
import { EDGE, NODE, WORDS as W } from './words.ts'

export interface ContextOwner {
  readonly closure: number
  /** Was the function made in the scope, so that it is declared around it? Otherwise the scope is the function's own. */
  readonly isWithin: boolean
}

/** For those of the contexts for which there is one. */
export function ownersOf(snapshot: Snapshot, contexts: ReadonlySet<number>): ReadonlyMap<number, ContextOwner> {
  const { nodeCount, nodeType } = snapshot.graph
  const owners = new Map<number, ContextOwner>()
  // Scopes in which only other scopes have functions: those stand for them.
  const inner = new Map<number, number>()
  if (contexts.size === 0) return owners
  for (let node = 0; node < nodeCount; node++) {
    const type = nodeType[node]
    if (type === NODE.closure) {
      const context = snapshot.follow(node, W.context)
      if (contexts.has(context) && !owners.has(context) && snapshot.location(node) !== null)
        owners.set(context, { closure: node, isWithin: true })
    } else if (type === NODE.object && snapshot.word(node) === W['system / Context']) {
      const outer = snapshot.follow(node, W.previous)
      if (contexts.has(outer) && !inner.has(outer)) inner.set(outer, node)
    }
  }
  const missing = [...inner].filter(([outer]) => !owners.has(outer))
  if (missing.length > 0) {
    const within = ownersOf(
      snapshot,
      new Set(missing.map(([, context]) => context).filter((context) => !contexts.has(context))),
    )
    for (const [outer, context] of missing) {
      const owner = owners.get(context) ?? within.get(context)
      if (owner !== undefined) owners.set(outer, owner)
    }
  }
  return owners
}

/** The names of its variables that closures share, but for those that only V8 uses. */
export function variablesOf(snapshot: Snapshot, context: number): string[] {
  const { firstEdge, edgeType } = snapshot.graph
  const names: string[] = []
  for (let edge = firstEdge[context] as number; edge < (firstEdge[context + 1] as number); edge++) {
    const name = edgeType[edge] === EDGE.context ? snapshot.edgeName(edge) : ''
    if (/^[\p{L}$_]/u.test(name) && name !== 'this' && name !== 'arguments') names.push(name)
  }
  return names
}
