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
    const given = givenIn(node, name)
    if (given?.object.type === 'ThisExpression') assigned ??= given.found
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
    const given = givenIn(node, name)
    if (given !== null && owners.includes(pathOf(given.object) ?? '')) found = given.found
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

/** Does the program give it properties by names that are computed: `rooms[name] ??= []`? */
export function isFilledByKey(program: SyntaxNode, name: string): boolean {
  let isFilled = false
  visit(program, (node) => {
    if (isFilled) return false
    if (node.type !== 'AssignmentExpression') return undefined
    const { type, object, property, computed } = node.left as SyntaxNode
    if (type === 'MemberExpression' && computed === true && (property as SyntaxNode).type !== 'Literal')
      isFilled = pathOf(object)?.split('.').at(-1) === name
    return undefined
  })
  return isFilled
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
  // By where they stand: a literal may be given by a call.
  const found = new Map<number, Declaration>()
  const add = (declaration: Declaration) => found.set(declaration.start, declaration)
  visit(program, (node) => {
    const given = givenIn(node, name)
    if (given !== null) {
      if (isPlain || given.object.type !== 'ThisExpression') add(given.found)
    } else if (!isPlain) {
      return undefined
    } else if (node.type === 'ObjectExpression') {
      const property = findInLiteral(node, name)
      if (property !== null && !isAbout(property.value, name)) add(property)
    } else if (node.type === 'PropertyDefinition' && nameIn(node.key, node.computed) === name)
      add(declared(name, node, node.value))
    return undefined
  })
  const able = [...found.values()].filter(({ value }) => !isFlag(value))
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

interface Given {
  readonly object: SyntaxNode
  readonly found: Declaration
}

/**
 * `object.name = value`; or by a call: `define(object, 'name', value)`, as compilers make it of a field, `object.decorate('name', value)`,
 * `Object.assign(object, { name: value })`.
 */
function givenIn(node: SyntaxNode, name: string): Given | null {
  if (node.type === 'AssignmentExpression') {
    const { type, object, property, computed } = node.left as SyntaxNode
    const isIt = type === 'MemberExpression' && nameIn(property, computed) === name
    return isIt ? { object: object as SyntaxNode, found: declared(name, node, node.right) } : null
  }
  if (node.type !== 'CallExpression') return null
  const { callee, arguments: given } = node as unknown as { callee: SyntaxNode; arguments: SyntaxNode[] }
  const [first, second] = given
  if (first === undefined) return null
  if (second?.type === 'ObjectExpression' && pathOf(callee) === 'Object.assign') {
    const found = findInLiteral(second, name)
    return found === null ? null : { object: first, found }
  }
  const at = given.findIndex(({ type, value }) => type === 'Literal' && value === name)
  const value = given[at + 1]
  if (value === undefined) return null
  const called = nameIn(callee) ?? nameIn(callee.property, callee.computed) ?? ''
  // A minifier calls its `define` something else.
  if (at === 1 && (first.type === 'ThisExpression' || /define/i.test(called)))
    return { object: first, found: declared(name, node, called === 'defineProperty' ? described(value) : value) }
  const isOn = at === 0 && /^decorate/.test(called) && isNode(callee.object)
  return isOn ? { object: callee.object as SyntaxNode, found: declared(name, node, value) } : null
}

const described = (value: SyntaxNode): unknown => findInLiteral(value, 'value')?.value ?? value

/** Is it something about what has that name: `clients.size`, say, for `clients`? */
function isAbout(value: SyntaxNode | null, name: string): boolean {
  for (let at = value?.object; isNode(at); at = at.object)
    if (nameIn(at.property, at.computed) === name || nameIn(at) === name) return true
  return false
}

function isWithin(property: SyntaxNode, of: SyntaxNode): boolean {
  const body = of.body as SyntaxNode
  return Array.isArray(body.body) && body.body.includes(property)
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
