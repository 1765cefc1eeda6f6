/** Where a property is first assigned, or declared. Pure over syntax. */
import type { Declaration } from './declarations.ts'
import { isClass, isFunction, isNode, nameIn, type SyntaxNode, visit } from './syntax.ts'

/** @param of the class, or the function that is called with `new` */
export function findInClass(of: SyntaxNode, name: string): Declaration | null {
  let assigned: Declaration | null = null
  let field: Declaration | null = null
  visit(of, (node) => {
    // Another class has another `this`.
    if (node !== of && isClass(node)) return false
    if (node.type === 'PropertyDefinition' && nameIn(node.key, node.computed) === name && isWithin(node, of))
      field ??= declared(name, node, node.value)
    const target = node.type === 'AssignmentExpression' ? (node.left as SyntaxNode) : null
    if (target !== null && memberOf(target, 'ThisExpression', name)) assigned ??= declared(name, node, node.right)
    return undefined
  })
  return field ?? assigned
}

/** `Name.property = …`, or a static field when the class is given. */
export function findStatic(
  program: SyntaxNode,
  of: SyntaxNode | null,
  owner: string | null,
  name: string,
): Declaration | null {
  const field = of === null ? null : findInClass(of, name)
  return field ?? (owner === null || owner === '' ? null : findAssigned(program, [owner], name))
}

/** `owner.name = …` for any of these owners; an owner may be a path, `module.exports`. */
export function findAssigned(program: SyntaxNode, owners: readonly string[], name: string): Declaration | null {
  let found: Declaration | null = null
  visit(program, (node) => {
    if (found !== null) return false
    if (node.type !== 'AssignmentExpression') return undefined
    const target = node.left as SyntaxNode
    if (target.type !== 'MemberExpression' || nameIn(target.property, target.computed) !== name) return undefined
    if (owners.includes(pathOf(target.object) ?? '')) found = declared(name, node, node.right)
    return undefined
  })
  return found
}

/** The first `delete owner[…]`, where an entry is taken out. */
export function findDeleted(program: SyntaxNode, owner: string): Declaration | null {
  let found: Declaration | null = null
  visit(program, (node) => {
    const { operator, argument } = node as { operator?: unknown; argument?: SyntaxNode }
    if (
      found === null &&
      node.type === 'UnaryExpression' &&
      operator === 'delete' &&
      pathOf(argument?.object) === owner
    )
      found = declared(owner, node, null)
    return found === null ? undefined : false
  })
  return found
}

/** A property of an object literal, if this is one or makes one. */
export function findInLiteral(value: SyntaxNode | null, name: string): Declaration | null {
  const literal = value === null ? null : literalIn(value)
  for (const property of (literal?.properties ?? []) as SyntaxNode[])
    if (property.type === 'Property' && nameIn(property.key, property.computed) === name)
      return declared(name, property, property.value)
  return null
}

/**
 * The only place of the script where an object gets a property of this name; null when there are several or none.
 *
 * @param isPlain false: an object of a class that is elsewhere. No literal makes one, and no other class has it for its `this`.
 */
export function findOnly(program: SyntaxNode, name: string, isPlain = true): Declaration | null {
  const found: Declaration[] = []
  visit(program, (node) => {
    if (node.type === 'AssignmentExpression') {
      const target = node.left as SyntaxNode
      if (
        target.type === 'MemberExpression' &&
        nameIn(target.property, target.computed) === name &&
        (isPlain || !memberOf(target, 'ThisExpression', name))
      )
        found.push(declared(name, node, node.right))
    } else if (!isPlain) {
      return undefined
    } else if (node.type === 'ObjectExpression') {
      const property = findInLiteral(node, name)
      if (property !== null) found.push(property)
    } else if (node.type === 'PropertyDefinition' && nameIn(node.key, node.computed) === name)
      found.push(declared(name, node, node.value))
    return undefined
  })
  const able = found.filter(({ value }) => !isFlag(value))
  return able.length === 1 ? (able[0] ?? null) : null
}

/** `{ cache: true }` is an option of that name: it holds nothing. */
const isFlag = (value: SyntaxNode | null): boolean => value?.type === 'Literal' && typeof value.value === 'boolean'

/** Is there an object that is made with such a property? */
export function isInLiteral(program: SyntaxNode, name: string): boolean {
  let isThere = false
  visit(program, (node) => {
    isThere ||= node.type === 'ObjectExpression' && findInLiteral(node, name) !== null
    return !isThere
  })
  return isThere
}

function declared(name: string, node: SyntaxNode, value: unknown): Declaration {
  return { name, start: node.start, value: isNode(value) ? value : null }
}

function isWithin(property: SyntaxNode, of: SyntaxNode): boolean {
  const body = of.body as SyntaxNode
  return Array.isArray(body.body) && body.body.includes(property)
}

function memberOf(target: SyntaxNode, object: string, name: string): boolean {
  return (
    target.type === 'MemberExpression' &&
    isNode(target.object) &&
    target.object.type === object &&
    nameIn(target.property, target.computed) === name
  )
}

function pathOf(node: unknown): string | null {
  if (!isNode(node)) return null
  if (node.type === 'ThisExpression') return 'this'
  if (node.type !== 'MemberExpression') return nameIn(node)
  const object = pathOf(node.object)
  const property = nameIn(node.property, node.computed)
  return object === null || property === null ? null : `${object}.${property}`
}

/** Behind `Object.freeze(…)`, `a ?? {…}`, `x = {…}`. */
function literalIn(value: SyntaxNode): SyntaxNode | null {
  if (value.type === 'ObjectExpression') return value
  if (value.type === 'CallExpression') {
    const [first] = value.arguments as SyntaxNode[]
    return first === undefined || isFunction(first) ? null : literalIn(first)
  }
  if (value.type === 'LogicalExpression' || value.type === 'AssignmentExpression')
    return literalIn(value.right as SyntaxNode)
  return null
}
