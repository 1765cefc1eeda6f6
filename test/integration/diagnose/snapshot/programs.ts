/**
 * Runs a program of this folder until it has written its snapshots, reads them, and knows the lines that it marks. The files
 * are removed by whoever runs it.
 */
import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Snapshot } from '../../../../src/diagnose/snapshot/snapshot.ts'

export const FOLDER = fileURLToPath(new URL('.', import.meta.url))

export class Written {
  readonly folder: string
  readonly files: readonly string[]

  constructor(folder: string, files: readonly string[]) {
    this.folder = folder
    this.files = files
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true })
  }
}

/** @param path of the program */
export async function run(path: string, count = 1, options: readonly string[] = []): Promise<Written> {
  const folder = mkdtempSync(join(tmpdir(), 'snapshot-'))
  const files = Array.from({ length: count }, (_, index) => join(folder, `${index}.heapsnapshot`))
  try {
    await promisify(execFile)(process.execPath, [...options, path, ...files], { timeout: 120_000 })
  } catch (error) {
    rmSync(folder, { recursive: true, force: true })
    throw error
  }
  return new Written(folder, files)
}

/** The lines of the text, counted from 1, by what their marks say: `// holds: map`, or, before it, `// holds below: map`. */
export function marks(path: string, word: string): Map<string, number> {
  const lines = readFileSync(path, 'utf8').split('\n')
  const pattern = new RegExp(`// ${word}( below)?: (.+)$`)
  return new Map(
    lines.flatMap((line, index) => {
      const [, below, mark] = pattern.exec(line) ?? []
      return mark === undefined ? [] : [[mark, index + (below === undefined ? 1 : 2)] as const]
    }),
  )
}

/** Objects of the class with such a value in their property `kind`. */
export function ofKind(snapshot: Snapshot, className: string, kind: string): Uint32Array {
  const { firstEdge } = snapshot.graph
  return snapshot.find({ className }).filter((node) => {
    for (let edge = firstEdge[node]!; edge < firstEdge[node + 1]!; edge++)
      if (snapshot.edgeName(edge) === 'kind') return snapshot.name(snapshot.to(edge)) === kind
    return false
  })
}
