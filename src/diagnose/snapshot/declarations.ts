/** Where a variable is declared that a function can see. Pure over syntax. */
import { isFunction, isNode, nameIn, type SyntaxNode, visit } from './syntax.ts'

export interface Declaration {
  readonly name: string
  readonly start: number
  /** What it is given there, if anything. */
  readonly value: SyntaxNode | null
}

/**
 * @param around from the program to the scope in which to begin, and outward from there
 * @param shared the names of all variables of the scope that closures share; the scope that has them all is meant
 */
export function findVariable(
  around: readonly SyntaxNode[],
  name: string,
  shared: readonly string[],
): Declaration | null {
  let nearest: Declaration | null = null
  for (const scope of around.toReversed()) {
    const declared = declarationsOf(scope)
    const found = declared.get(name)
    if (found === undefined) continue
    if (shared.every((other) => declared.has(other))) return found
    nearest ??= found
  }
  return nearest
}

/** What a scope declares; nothing, when the node is none. */
export function declarationsOf(scope: SyntaxNode): ReadonlyMap<string, Declaration> {
  const found = new Map<string, Declaration>()
  const add = (declaration: Declaration) => {
    if (!found.has(declaration.name)) found.set(declaration.name, declaration)
  }
  const { body } = scope
  if (isFunction(scope)) {
    for (const pattern of scope.params as SyntaxNode[]) bind(pattern, null, add)
    if (isNode(body)) {
      variables(body, add)
      if (Array.isArray(body.body)) lexical(body.body as SyntaxNode[], add)
    }
    if (scope.type === 'FunctionExpression' && isNode(scope.id)) bind(scope.id, scope, add)
  } else if (scope.type === 'Program') {
    lexical(body as SyntaxNode[], add)
    variables(scope, add)
  } else if (scope.type === 'BlockStatement' || scope.type === 'StaticBlock') lexical(body as SyntaxNode[], add)
  else if (scope.type === 'SwitchStatement')
    for (const each of scope.cases as SyntaxNode[]) lexical(each.consequent as SyntaxNode[], add)
  else if (/^For(In|Of)?Statement$/.test(scope.type)) lexical([scope.init, scope.left].filter(isNode), add)
  else if (scope.type === 'CatchClause' && isNode(scope.param)) bind(scope.param, null, add)
  else if (/^Class/.test(scope.type) && isNode(scope.id)) bind(scope.id, scope, add)
  return found
}

type Add = (declaration: Declaration) => void

/** The names in a pattern. */
function bind(pattern: SyntaxNode, value: SyntaxNode | null, add: Add): void {
  switch (pattern.type) {
    case 'Identifier':
      add({ name: pattern.name as string, start: pattern.start, value })
      break
    case 'AssignmentPattern':
      bind(pattern.left as SyntaxNode, pattern.right as SyntaxNode, add)
      break
    case 'RestElement':
      bind(pattern.argument as SyntaxNode, null, add)
      break
    case 'ArrayPattern':
      for (const element of pattern.elements as unknown[]) if (isNode(element)) bind(element, null, add)
      break
    case 'ObjectPattern':
      for (const property of pattern.properties as SyntaxNode[])
        bind((isNode(property.value) ? property.value : property.argument) as SyntaxNode, null, add)
      break
    default:
  }
}

/** What the statements declare in their own block. */
function lexical(statements: readonly SyntaxNode[], add: Add): void {
  for (const statement of statements) {
    const declared = isNode(statement.declaration) ? statement.declaration : statement
    if (declared.type === 'VariableDeclaration')
      for (const each of declared.declarations as SyntaxNode[])
        bind(each.id as SyntaxNode, isNode(each.init) ? each.init : null, add)
    else if (/^(Function|Class)Declaration$/.test(declared.type) && isNode(declared.id))
      bind(declared.id, declared, add)
    else if (statement.type === 'ImportDeclaration')
      for (const each of statement.specifiers as SyntaxNode[]) bind(each.local as SyntaxNode, null, add)
  }
}

/** Every `var` of a function, in whatever block it stands. */
function variables(root: SyntaxNode, add: Add): void {
  visit(root, (node) => {
    if (node !== root && (isFunction(node) || node.type === 'StaticBlock')) return false
    if (node.type === 'VariableDeclaration' && node.kind === 'var') lexical([node], add)
    return true
  })
}

/** What a module exports under a name: its declaration, or the expression behind `export default`. */
export function findExported(program: SyntaxNode, name: string): Declaration | null {
  const declared = declarationsOf(program)
  for (const statement of program.body as SyntaxNode[]) {
    if (statement.type === 'ExportDefaultDeclaration' && name === 'default') {
      const value = statement.declaration as SyntaxNode
      return declared.get(nameIn(value) ?? '') ?? { name, start: statement.start, value }
    }
    if (statement.type !== 'ExportNamedDeclaration' || isNode(statement.source)) continue
    for (const each of statement.specifiers as SyntaxNode[])
      if (nameIn(each.exported) === name) return declared.get(nameIn(each.local) ?? '') ?? null
  }
  return declared.get(name) ?? null
}
