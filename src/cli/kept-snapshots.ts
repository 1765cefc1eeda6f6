/** Snapshots that are to be kept: a file each, of which only whole ones stay. The files are the user's to delete. Functions; a file ends with its snapshot. */
import { closeSync, existsSync, openSync, unlinkSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { messageOf } from '../base/errors.ts'
import { UsageError } from './flags.ts'

export function keptPath(folder: string, pid: number, number: number): string {
  return join(folder, `${pid}-${number}.heapsnapshot`)
}

/** Before the process is made to stand still: never over one that is there, whose it is, is not known. @throws UsageError */
export function requireFree(folder: string, pid: number, count: number): void {
  for (let number = 1; number <= count; number++) {
    const path = keptPath(folder, pid, number)
    if (existsSync(path))
      throw new UsageError(`--keep: ${path} is there already (EEXIST): move it, or give another folder`)
  }
}

/** Writes down what goes by. @throws UsageError when the disk is full, say; then, and when it ends early, nothing of it stays */
export async function* keeping(chunks: AsyncIterable<Uint8Array>, path: string): AsyncGenerator<Uint8Array> {
  const file = tried(() => openSync(path, 'wx', 0o600))
  let isWhole = false
  try {
    for await (const chunk of chunks) {
      tried(() => {
        for (let at = 0; at < chunk.length; ) at += writeSync(file, chunk, at)
      })
      yield chunk
    }
    isWhole = true
  } finally {
    closeSync(file)
    if (!isWhole) unlinkSync(path)
  }
}

function tried<Value>(act: () => Value): Value {
  try {
    return act()
  } catch (thrown) {
    throw new UsageError(`--keep: ${messageOf(thrown)}`)
  }
}
