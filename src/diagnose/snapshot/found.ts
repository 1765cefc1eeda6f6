/** What was found of a step of a path: its place in the code as it was written, out of one in the script that ran. Pure over a script. */
import type { CodePlace } from './cause.ts'
import { type Declaration, declarationsOf } from './declarations.ts'
import { isFile, type Script } from './scripts.ts'
import { lineOf, nameIn, type SyntaxNode, visit } from './syntax.ts'

export interface Found {
  readonly place: CodePlace | null
  /** Where it was looked for. */
  readonly script: Script | null
  /** What the variable or property was given when it was declared. */
  readonly value: SyntaxNode | null
  /** Of a local: its name, when it is a parameter. Of a function: its own. Of what a minifier has renamed: that before. */
  readonly name: string | null
}

export const NOTHING: Found = { place: null, script: null, value: null, name: null }

/** A function whose place is known, in its script. */
export interface Standing {
  readonly script: Script
  readonly line: number
  readonly column: number
  /** From the program to the function; null when the script is not what ran. */
  readonly around: readonly SyntaxNode[] | null
}

export function inScript(script: Script, { name: known, start, value }: Declaration): Found {
  const { line, column } = lineOf(script.text ?? '', start)
  const name = originalName(script, known, start)
  const place = placeMadeFor(script, { name: known, start, value }, line, column)
  return { place: place ?? placeIn(script, line, column, 'declared'), script, value, name }
}

/** Only where the very name stands. */
function originalName(script: Script, name: string, start: number): string | null {
  if (script.map === null) return null
  const text = script.text ?? ''
  const at = start + (/^static\s*(?=#)/.exec(text.slice(start, start + 'static '.length + 1))?.[0].length ?? 0)
  if (!text.startsWith(name, at)) return null
  const { line, column } = lineOf(text, at)
  return script.map.name(line, column)
}

/** A variable that a compiler has made, for a private field, say: nothing declares it in the source, but it was made for a line there. */
function placeMadeFor(script: Script, { name, value }: Declaration, line: number, column: number): CodePlace | null {
  const { map, program, text, original } = script
  if (map === null || program === null || text === null) return null
  const isMade = original(line, column) === null || (value === null && map.isAtBeginning(line, column))
  let place: CodePlace | null = null
  if (isMade)
    visit(program, (node) => {
      if (place !== null) return false
      if (node.type !== 'Identifier' || node.name !== name) return undefined
      const at = lineOf(text, node.start)
      const found = map.isAtBeginning(at.line, at.column) ? null : original(at.line, at.column)
      if (found !== null) place = { ...found, is: 'near' }
      return undefined
    })
  return place
}

/** The function in which the name is somewhere. */
export function near({ script, line, column }: Standing): Found {
  // A place in what was compiled in memory is none in the file.
  const place = script.isSame || !isFile(script.file) ? placeIn(script, line, column, 'near') : null
  return { place, script, value: null, name: null }
}

export function placeIn(script: Script, line: number, column: number, is: CodePlace['is']): CodePlace {
  const original = script.original(line, column)
  return original === null ? { file: script.file, line: line + 1, is } : { ...original, is }
}

/** `{ clients }` is where `clients` is declared. */
export function named(script: Script, declared: Declaration): Declaration {
  const { value } = declared
  if (script.program === null || value?.type !== 'Identifier') return declared
  return declarationsOf(script.program).get(nameIn(value) ?? '') ?? declared
}
