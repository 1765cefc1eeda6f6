/**
 * The collection that gives memory back: V8's low-memory collection, over an inspector session in this very process.
 *
 * An ordinary collection keeps the empty pages of the heap for later; this one returns them to the machine. The session
 * is made for one collection and disconnected after it: a debugger of the application is not disturbed, and nothing
 * listens anywhere. Holds nothing in between.
 */

/**
 * Begins a collection and calls `done` once when it is over, with the error when there was none to be had; the function
 * returned gives it up. Null, and nothing begun, where this Node has no inspector or may not use it.
 */
export type Collect = (done: (failed: Error | null) => void) => (() => void) | null

export const collectGarbage: Collect = (done) => {
  try {
    // Not imported: a Node built without it could not load this file.
    const inspector = process.getBuiltinModule('node:inspector')
    const session = new inspector.Session()
    session.connect()
    // V8 collects in a task of its own, with no stack in the way: a session disconnected before gets no collection.
    session.post('HeapProfiler.collectGarbage', (failed) => {
      // Not from in here: a session that is disconnected while it answers never comes back (Node 20, 24 and 26).
      setImmediate(() => session.disconnect())
      done(failed ?? null)
    })
    return () => session.disconnect()
  } catch {
    return null
  }
}
