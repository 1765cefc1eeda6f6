/**
 * A full collection of this process's heap, also where Node was not started with --expose-gc.
 *
 * V8 gives the function `gc` to contexts that are made while its flag is set: it is set for as long as it takes to make
 * one, and put back. That is a third to a half faster than the collection over an inspector session (which goes over the
 * heap several times to return memory), and as thorough on Node 20, 24 and 26; the session is for where the flags of V8
 * cannot be set. What is returned keeps that one empty context; it ends with whoever holds it.
 */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { type Collect, collectGarbage } from '../../resilience/collect-garbage.ts'

/** Each collection begins in a macrotask of its own. */
export function fullCollection(): Collect {
  const gc = findGc()
  if (gc === null) return collectGarbage
  return (done) => {
    const begun = setImmediate(() => {
      gc()
      done(null)
    })
    return () => clearImmediate(begun)
  }
}

function findGc(): (() => void) | null {
  try {
    // Not `globalThis.gc`: a test runner that gives each file a context of its own has none there.
    const before = gcOfNewContext()
    if (before !== null) return before
    setFlagsFromString('--expose-gc')
    const gc = gcOfNewContext()
    // At once: a set flag makes V8 refuse compiled code that was cached without it.
    setFlagsFromString('--no-expose-gc')
    return gc
  } catch {
    return null
  }
}

function gcOfNewContext(): (() => void) | null {
  const gc: unknown = runInNewContext('typeof gc === "function" ? gc : null')
  return typeof gc === 'function' ? (gc as () => void) : null
}
