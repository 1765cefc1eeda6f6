/**
 * A file that a command writes when everything else is done. Whether it can be is found before anything is, and leaves nothing behind; what was
 * found out has been printed by then, and is not lost when it cannot be written after all. Functions; nothing to end.
 */
import { accessSync, closeSync, constants, openSync, statSync, unlinkSync, writeFileSync } from 'node:fs'
import { messageOf } from '../base/errors.ts'
import type { Terminal } from './command.ts'
import { UsageError } from './flags.ts'

/** @param flag that it was given with, such as `--html`. @throws UsageError */
export function requireWritable(flag: string, path: string): void {
  try {
    const there = statSync(path, { throwIfNoEntry: false })
    if (there?.isDirectory()) throw new UsageError(`${flag} ${path}: a folder; wanted a file`)
    if (there !== undefined) {
      accessSync(path, constants.W_OK)
      return
    }
    closeSync(openSync(path, 'wx'))
    unlinkSync(path)
  } catch (thrown) {
    if (thrown instanceof UsageError) throw thrown
    throw new UsageError(`${flag} ${path}: ${messageOf(thrown)}`)
  }
}

/** @returns false when it could not be written, which has been noted then */
export function writeOutput(flag: string, path: string, data: string | Uint8Array, terminal: Terminal): boolean {
  try {
    writeFileSync(path, data)
    return true
  } catch (thrown) {
    terminal.note(`${flag} ${path}: it is not written: ${messageOf(thrown)}`)
    return false
  }
}
