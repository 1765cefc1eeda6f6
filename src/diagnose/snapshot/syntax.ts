/**
 * The syntax of a script: parsed by acorn, looked up by position and by name. Pure over text; what it returns is owned by
 * whoever asks.
 */
import { type Options, parse } from 'acorn'

/** A node of ESTree, of any type. */
export interface SyntaxNode {
  readonly type: string
  readonly start: number
  readonly end: number
  readonly [key: string]: unknown
}

const OPTIONS: Options = {
  ecmaVersion: 'latest',
  allowHashBang: true,
  allowReturnOutsideFunction: true,
  allowAwaitOutsideFunction: true,
  allowSuperOutsideMethod: true,
  allowImportExportEverywhere: true,
}

const FUNCTIONS = new Set(['FunctionDeclaration', 'FunctionExpression', 'ArrowFunctionExpression'])
const CLASSES = new Set(['ClassDeclaration', 'ClassExpression'])

export const isFunction = (node: SyntaxNode): boolean => FUNCTIONS.has(node.type)
export const isClass = (node: SyntaxNode): boolean => CLASSES.has(node.type)

/** The program, or null when it is not JavaScript. */
export function parseScript(text: string): SyntaxNode | null {
  for (const sourceType of ['module', 'script'] as const) {
    try {
      return parse(text, { ...OPTIONS, sourceType }) as unknown as SyntaxNode
    } catch {
      // As the other kind, perhaps: `with` and octal numbers are in no module.
    }
  }
  return null
}

export function isNode(value: unknown): value is SyntaxNode {
  return typeof value === 'object' && value !== null && typeof (value as SyntaxNode).type === 'string'
}

export function childrenOf(node: SyntaxNode): SyntaxNode[] {
  const children: SyntaxNode[] = []
  for (const value of Object.values(node)) {
    if (Array.isArray(value)) children.push(...value.filter(isNode))
    else if (isNode(value)) children.push(value)
  }
  return children
}

/** The node and all below it, in the order of the text; not below those at which `enter` says false. */
export function visit(root: SyntaxNode, enter: (node: SyntaxNode) => boolean | undefined): void {
  const waiting = [root]
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    if (enter(node) === false) continue
    const children = childrenOf(node)
    for (let index = children.length - 1; index >= 0; index--) waiting.push(children[index] as SyntaxNode)
  }
}

/**
 * The function or class that begins at the position, as V8 has it: somewhere between its first letter and its body. With
 * everything that is around it, from the program on.
 */
export function functionAt(program: SyntaxNode, position: number): SyntaxNode[] | null {
  let found: SyntaxNode[] | null = null
  const around: SyntaxNode[] = []
  const look = (node: SyntaxNode): void => {
    if (position < node.start || position > node.end) return
    around.push(node)
    const { body } = node
    if ((isFunction(node) || isClass(node)) && isNode(body) && position <= body.start) found = [...around]
    for (const child of childrenOf(node)) look(child)
    around.pop()
  }
  look(program)
  return found
}

/** The class whose constructor the function is; else the function or class itself. */
export function classAt(around: readonly SyntaxNode[]): SyntaxNode | null {
  const method = around.at(-2)
  const isConstructor = method?.type === 'MethodDefinition' && method.kind === 'constructor'
  return (isConstructor ? around.at(-4) : around.at(-1)) ?? null
}

/** From line and column, both counted from 0, to a position. */
export function positionOf(text: string, line: number, column: number): number {
  let start = 0
  for (let seen = 0; seen < line; seen++) {
    start = text.indexOf('\n', start) + 1
    if (start === 0) return text.length
  }
  return start + column
}

/** From a position to line and column, both counted from 0. */
export function lineOf(text: string, position: number): { readonly line: number; readonly column: number } {
  let line = 0
  let start = 0
  for (let next = text.indexOf('\n'); next !== -1 && next < position; next = text.indexOf('\n', start)) {
    line++
    start = next + 1
  }
  return { line, column: position - start }
}

/**
 * What an identifier, a key, a literal says, or null when it is computed. Of what is computed from a variable: as V8 names a symbol that is
 * described by the name of its variable.
 */
export function nameIn(node: unknown, isComputed: unknown = false): string | null {
  if (!isNode(node)) return null
  if (node.type === 'Identifier') return isComputed === true ? `<symbol ${node.name}>` : (node.name as string)
  if (node.type === 'PrivateIdentifier') return `#${node.name}`
  if (node.type === 'Literal') return String(node.value)
  return null
}
