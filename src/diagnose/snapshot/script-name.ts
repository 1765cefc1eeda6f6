/** Which script a function stands in, by the name that V8 gives it, and of which package a file is. Pure over a snapshot. */
import type { Snapshot } from './snapshot.ts'
import { WORDS as W } from './words.ts'

/** V8's own name for a script, and its node. */
export interface ScriptName {
  readonly url: string
  readonly node: number
}

/** The package that a file is of, by its folder; null when it is of none. */
export function packageOf(file: string): string | null {
  return /^(?:.*[\\/])?node_modules[\\/](?:@[^\\/]+[\\/])?[^\\/]+/.exec(file)?.[0] ?? null
}

export function scriptOf(snapshot: Snapshot, closure: number): ScriptName | null {
  const shared = closure === -1 ? -1 : snapshot.follow(closure, W.shared)
  if (shared === -1) return null
  let script = snapshot.follow(shared, W.script)
  if (script === -1) script = snapshot.follow(shared, W.script_or_debug_info)
  // Where a debugger has looked, there is something in between.
  const behind = script === -1 ? -1 : snapshot.follow(script, W.script)
  return scriptName(snapshot, behind === -1 ? script : behind)
}

export function scriptName(snapshot: Snapshot, script: number): ScriptName | null {
  if (script === -1) return null
  const name = snapshot.follow(script, W.name)
  // Longer than names are kept: a path has to be whole.
  const url = name === -1 ? '' : snapshot.name(name)
  return url === '' ? null : { url, node: script }
}
