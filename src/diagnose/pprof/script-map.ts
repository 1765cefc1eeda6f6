/**
 * The source map of one script: found by the comment at its end, read once, asked for places.
 *
 * Whatever is missing, damaged or too long gives null, never an error: a profile without original names is still a profile.
 * Holds no file open.
 */
import { readFile, stat } from 'node:fs/promises'
import { fileURLToPath, pathToFileURL } from 'node:url'
import {
  AnyMap,
  GREATEST_LOWER_BOUND,
  LEAST_UPPER_BOUND,
  originalPositionFor,
  type TraceMap,
  traceSegment,
} from '@jridgewell/trace-mapping'

/** In the code that was written. */
export interface Place {
  readonly file: string
  /** Counted from 1. */
  readonly line: number
}

/** Of the generated code, both counted from 0. Column null: the whole line, if it was written in one line. */
export type FindPlace = (line: number, column: number | null) => Place | null

/** What was called so there before it was given another name; null when that was not written down. Both counted from 0. */
export type FindName = (line: number, column: number) => string | null

export interface ScriptMap {
  readonly find: FindPlace
  readonly name: FindName
  /** Is it placed at the first letter of its source? So is what a compiler has made and found no place for. */
  readonly isAtBeginning: (line: number, column: number) => boolean
  /** Of the map as text; what it takes in memory is a small multiple of it. */
  readonly bytes: number
}

const COMMENT = 'sourceMappingURL='
const MAPPINGS = /^[A-Za-z0-9+/,;]*$/
/** Behind whatever stands in a line. */
export const LINE_END = Number.MAX_SAFE_INTEGER

/** @param path of the script */
export async function readScriptMap(
  path: string,
  fileBytesMax: number,
  signal: AbortSignal,
): Promise<ScriptMap | null> {
  try {
    const script = await readText(path, fileBytesMax, signal)
    const url = script === null ? null : mapUrlOf(script)
    if (url === null) return null
    if (/^data:/i.test(url)) {
      const text = textOfDataUrl(url)
      return text === null ? null : scriptMap(text, pathToFileURL(path).href)
    }
    // Relative to the script. Only files: a profile makes no requests.
    const at = new URL(url, pathToFileURL(path))
    if (at.protocol !== 'file:') return null
    const text = await readText(fileURLToPath(at), fileBytesMax, signal)
    return text === null ? null : scriptMap(text, at.href)
  } catch {
    return null
  }
}

/** @throws when it is no source map */
export function scriptMap(text: string, url: string): ScriptMap {
  // A line that keeps the text from being taken for a script may stand first.
  const given = JSON.parse(text.replace(/^\)\]\}'[^\n]*\n/, ''))
  checkMappings(given)
  const map = AnyMap(given, url)
  return {
    bytes: text.length,
    find: (line, column) => placeIn(map, line, column),
    name: (line, column) => nameAt(map, line, column),
    isAtBeginning: (line, column) => isAtBeginning(map, line, column),
  }
}

/** What is no base64 would be decoded as zeros, and name a place that is wrong. */
function checkMappings({ mappings, sections = [] }: { mappings?: unknown; sections?: { map: object }[] }): void {
  if (typeof mappings === 'string' && !MAPPINGS.test(mappings)) throw new Error('a damaged source map')
  for (const { map } of sections) checkMappings(map)
}

/** A path, where it is one; otherwise what the map says, such as `webpack://app/src/main.ts`. */
export function fileOf(source: string): string {
  try {
    return source.startsWith('file:') ? fileURLToPath(source) : source
  } catch {
    return source
  }
}

function placeIn(map: TraceMap, line: number, column: number | null): Place | null {
  try {
    if (column !== null) return placeAt(map, line, column, 'before') ?? placeAt(map, line, column, 'after')
    return samePlace(placeAt(map, line, 0, 'after'), placeAt(map, line, LINE_END, 'before'))
  } catch {
    // Mappings are decoded when they are first asked for.
    return null
  }
}

/** Both, when the line that was written is one. */
export function samePlace(first: Place | null, last: Place | null): Place | null {
  return first !== null && first.file === last?.file && first.line === last.line ? first : null
}

/** What is mapped in this line at the column, or next to it. */
function placeAt(map: TraceMap, line: number, column: number, side: 'before' | 'after'): Place | null {
  const bias = side === 'before' ? GREATEST_LOWER_BOUND : LEAST_UPPER_BOUND
  const found = originalPositionFor(map, { line: line + 1, column, bias })
  // A source without a name is resolved to the folder.
  if (
    typeof found.source !== 'string' ||
    !/[^/]$/.test(found.source) ||
    !Number.isInteger(found.line) ||
    found.line < 1
  )
    return null
  return { file: fileOf(found.source), line: found.line }
}

/** Only of what begins at the very column. */
function nameAt(map: TraceMap, line: number, column: number): string | null {
  try {
    const [at, , , , name] = traceSegment(map, line, column) ?? []
    return at === column && name !== undefined ? (map.names[name] ?? null) : null
  } catch {
    return null
  }
}

function isAtBeginning(map: TraceMap, line: number, column: number): boolean {
  try {
    const [, , atLine, atColumn] = traceSegment(map, line, column) ?? []
    return atLine === 0 && atColumn === 0
  } catch {
    return false
  }
}

async function readText(path: string, bytesMax: number, signal: AbortSignal): Promise<string | null> {
  const found = await stat(path)
  return found.isFile() && found.size <= bytesMax ? readFile(path, { encoding: 'utf8', signal }) : null
}

/** What the last such comment says. */
function mapUrlOf(script: string): string | null {
  for (let at = script.lastIndexOf(COMMENT); at !== -1; at = at === 0 ? -1 : script.lastIndexOf(COMMENT, at - 1)) {
    const isComment = /\/[/*][#@]\s*$/.test(script.slice(Math.max(0, at - 8), at))
    if (isComment) return /\S*/.exec(script.slice(at + COMMENT.length))?.[0] || null
  }
  return null
}

function textOfDataUrl(url: string): string | null {
  const comma = url.indexOf(',')
  if (comma === -1) return null
  const body = url.slice(comma + 1)
  return /;base64$/i.test(url.slice(0, comma)) ? Buffer.from(body, 'base64').toString('utf8') : decodeURIComponent(body)
}
