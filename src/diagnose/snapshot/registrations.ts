/**
 * Where a bound function is made a listener: a snapshot knows the place of the function that was bound, which says little of who
 * listens. Pure over a program.
 */
import { nameIn, type SyntaxNode, visit } from './syntax.ts'

const REGISTERS = new Set(['on', 'once', 'addListener', 'prependListener', 'prependOnceListener', 'addEventListener'])

/** All calls such as `bus.on('price', this.told.bind(this))` for that event. */
export function boundListeners(program: SyntaxNode, event: string): SyntaxNode[] {
  const found: SyntaxNode[] = []
  visit(program, (node) => {
    if (node.type !== 'CallExpression' || !REGISTERS.has(methodOf(node) ?? '')) return
    const [type, listener] = node.arguments as (SyntaxNode | undefined)[]
    if (type?.type !== 'Literal' || type.value !== event || listener?.type !== 'CallExpression') return
    if (methodOf(listener) === 'bind') found.push(node)
  })
  return found
}

function methodOf({ callee }: SyntaxNode): string | null {
  const { type, property, computed } = callee as SyntaxNode
  return type === 'MemberExpression' ? nameIn(property, computed) : null
}
