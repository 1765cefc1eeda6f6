/**
 * The scripts that a snapshot names, as they were when they ran, as far as they can be had: a snapshot has the beginning of
 * the text of each, the rest is in the file. A file whose beginning is another one has been changed since, or was compiled
 * in memory; then nothing in it is looked up by position.
 *
 * Owned by one search for causes; keeps at most SCRIPTS_MAX of them. Holds no file open; whatever cannot be read is null.
 */
import { readFile, stat } from 'node:fs/promises'
import * as nodeModule from 'node:module'
import { type FindPlace, fileOf, readScriptMap, type ScriptMap } from '../pprof/script-map.ts'
import { packageOf, type ScriptName, scriptName, scriptOf } from './script-name.ts'
import type { Snapshot } from './snapshot.ts'
import { parseScript, type SyntaxNode } from './syntax.ts'
import { NODE, WORDS as W } from './words.ts'

/** What V8 writes of a string into a snapshot; one that is shorter is all there. */
const TEXT_IN_SNAPSHOT = 1_024
/** So much is compared when V8 was told to write less. */
const COMPARED_MIN = 16
const SCRIPTS_MAX = 512
const FILE_BYTES_MAX = 8 * 1024 * 1024
const MAP_BYTES_MAX = 32 * 1024 * 1024

export interface Script {
  /** As V8 names it, a path where it is one. */
  readonly file: string
  /** Null when it is nowhere to be read. */
  readonly text: string | null
  /** Is the text what ran? Otherwise positions mean nothing in it. */
  readonly isSame: boolean
  /** Null when it is not JavaScript. */
  readonly program: SyntaxNode | null
  /** From the script to what it was made of. */
  readonly original: FindPlace
  /** Null when it was not made of something else, or nobody knows of what. */
  readonly map: ScriptMap | null
}

export class Scripts {
  readonly #snapshot: Snapshot
  readonly #signal: AbortSignal
  // At most SCRIPTS_MAX.
  readonly #scripts = new Map<string, Promise<Script>>()

  constructor(snapshot: Snapshot, signal: AbortSignal) {
    this.#snapshot = snapshot
    this.#signal = signal
  }

  /** The script that a function stands in. */
  ofFunction(closure: number): ScriptName | null {
    return scriptOf(this.#snapshot, closure)
  }

  /** All scripts that are files of the program itself: not Node's, not of a package. */
  own(): ScriptName[] {
    const found: ScriptName[] = []
    const { nodeCount, nodeType } = this.#snapshot.graph
    for (let node = 0; node < nodeCount && found.length < SCRIPTS_MAX / 2; node++) {
      if (nodeType[node] !== NODE.code || this.#snapshot.follow(node, W.source) === -1) continue
      const name = scriptName(this.#snapshot, node)
      if (name !== null && isFile(name.url) && packageOf(name.url) === null) found.push(name)
    }
    return found.sort((a, b) => (a.url < b.url ? -1 : a.url > b.url ? 1 : 0))
  }

  async load({ url, node }: ScriptName): Promise<Script> {
    const known = this.#scripts.get(url)
    if (known !== undefined) return known
    const loading = this.#load(url, node)
    if (this.#scripts.size < SCRIPTS_MAX) this.#scripts.set(url, loading)
    return loading
  }

  /** Of the text that ran; null when the snapshot does not have it. */
  #beginning(script: number): string | null {
    const { nodeType } = this.#snapshot.graph
    let source = this.#snapshot.follow(script, W.source)
    // Node puts a comment behind what it has stripped of types.
    while (source !== -1 && nodeType[source] === NODE['concatenated string'])
      source = this.#snapshot.follow(source, W.first)
    return source !== -1 && nodeType[source] === NODE.string ? this.#snapshot.name(source) : null
  }

  async #load(url: string, node: number): Promise<Script> {
    const file = fileOf(url)
    const beginning = this.#beginning(node)
    const onDisk = isFile(url) ? await readText(file, this.#signal) : null
    const isWhole = beginning !== null && beginning.length > 0 && beginning.length < TEXT_IN_SNAPSHOT
    const ran = onDisk === null || beginning === null ? null : asItRan(file, onDisk, beginning)
    const isSame = ran !== null
    const text = ran ?? (isWhole ? beginning : onDisk)
    const program = text === null ? null : parseScript(text)
    const map = isSame ? await readScriptMap(file, MAP_BYTES_MAX, this.#signal) : null
    return { file, text, isSame: isSame || text === beginning, program, original: map?.find ?? (() => null), map }
  }
}

export function isFile(url: string): boolean {
  return /^file:/i.test(url) || /^([A-Za-z]:)?[\\/]/.test(url)
}

/** The text of a file as it ran, or null when that was another one. */
function asItRan(file: string, onDisk: string, beginning: string): string | null {
  if (isBeginning(onDisk, beginning)) return onDisk
  // Node runs TypeScript by writing blanks over the types: all else stays where it is.
  const strip = /\.[mc]?ts$/.test(file) ? typeStripper() : null
  if (strip === null) return null
  try {
    const stripped = strip(onDisk)
    return isBeginning(stripped, beginning) ? stripped : null
  } catch {
    return null
  }
}

/** From Node 22.13 on. */
function typeStripper(): ((code: string) => string) | null {
  const { stripTypeScriptTypes } = nodeModule as { stripTypeScriptTypes?: (code: string) => string }
  return stripTypeScriptTypes ?? null
}

/** @param beginning of what ran; V8 may have been told to write little of it */
function isBeginning(text: string, beginning: string): boolean {
  if (beginning.length < COMPARED_MIN) return text === beginning
  return text.startsWith(beginning)
}

async function readText(path: string, signal: AbortSignal): Promise<string | null> {
  try {
    const found = await stat(path)
    if (!found.isFile() || found.size > FILE_BYTES_MAX) return null
    return (await readFile(path, { encoding: 'utf8', signal })).replace(/^\uFEFF/, '')
  } catch {
    return null
  }
}
