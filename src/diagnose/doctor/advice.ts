/** What to change, for each way to hold something. Pure. */
import type { Cause, Holder, HolderKind } from '../snapshot/cause.ts'
import { packageOf } from '../snapshot/script-name.ts'

const BY_KIND: Readonly<Record<HolderKind, (name: string) => string>> = {
  Map: (name) =>
    `take the entry out when what it is for ends: ${called(name)}.delete(key), in close() say; or give it a bound`,
  Set: (name) => `take it out when it ends: ${called(name)}.delete(it), in close() say`,
  WeakMap: (name) => `the key in ${called(name)} is kept by somebody: let go of that, and the value goes too`,
  array: (name) =>
    `take it out when it is done with, or keep the last few only: ${called(name)} grows with each one that is pushed`,
  object: (name) =>
    `delete the property when what it is for ends: delete ${called(name)}[key]; a Map with a bound says the same more clearly`,
  listener: (name) =>
    `take the listener off when it is not wanted any more: off(${name === '' ? 'event' : `'${name}'`}, listener), or give it a signal; in Holdfast connection.scope.listen() does it`,
  timer: (name) =>
    `stop it when what it is for ends: clear${name.replace(/^set/, '') || 'Timeout'}(); in Holdfast connection.scope.every() and after() do it`,
  closure: (name) =>
    `the function ${name === '' ? '' : `"${name}" `}keeps every variable around it that any function beside it uses: let go of the function, or give it only what it needs`,
  promise: () =>
    'it waits for what may never come: give the wait a deadline or a signal; in Holdfast the handler gets turn.signal',
  reaction: () => 'a promise that is never settled keeps what was given to then(): settle it, or let go of the promise',
  store: () =>
    'something that was begun in AsyncLocalStorage.run() is still there and keeps its store: end that, or keep an id in the store',
  registry: () => 'what a FinalizationRegistry hands over is kept until then: it must not lead to the object itself',
  property: (name) => `set ${called(name)} to null when what it holds is over, or let go of the object it is of`,
  variable: (name) => `set ${called(name)} to null, or let it end with its function, when what it holds is over`,
  internal: () =>
    'only the runtime is on the path: an open handle, or what runs just now; look at what it leads to, and take the snapshot again',
}

const BOUND =
  'it is a bound function: bind() makes another one each time, so off() with a new one takes nothing off. Keep the one that was given to on(), and take that off'

const OPEN =
  'Node keeps it because it is open, or has something to wait for: close() or destroy() it when what it is for ends. What listens shows which one it is'
/** Of Node's loader. */
const LOADED = new Set(['loadCache', '#resolveCache'])
const IMPORTED =
  'a module that was imported stays for good, and so does each one under another name, with a version behind a question mark, say: import it once'

export function adviceFor({ holder, path }: Cause): string {
  const isBound =
    holder.kind === 'listener' && path.some(({ kind, type }) => kind === 'listener' && type === 'bound function')
  if (isBound) return BOUND
  if (path[0]?.kind === 'root' && holder.kind === 'listener') return OPEN
  if (LOADED.has(holder.name) && holder.file?.startsWith('node:')) return IMPORTED
  if (holder.kind === 'object' && (!PLAIN.has(holder.type) || isOfPackage(holder, path))) return insideOfClass(holder)
  const inside = insideOf(path.map(({ kind }) => kind))
  return inside ?? BY_KIND[holder.kind](nameOf(holder))
}

/** For one thing that takes more room. */
export const adviceForBytes = ({ holder }: Cause): string =>
  `keep the last of it only, or give it a bound: what is in ${called(nameOf(holder))} is never taken out`

const PLAIN = new Set(['Object', ''])

/** What is in it is in the hands of a package. */
function isOfPackage({ name, line }: Holder, path: Cause['path']): boolean {
  const at = path.findLastIndex((step) => step.name === name && step.place?.line === line)
  return path.slice(at + 1).some(({ place }) => packageOf(place?.file ?? '') !== null)
}

const insideOfClass = (holder: Holder): string =>
  `what ${called(nameOf(holder))} keeps is never let go of: end or consume what is in it, or give it a bound`

/** The way something is held may say more than the kind of what holds it. */
function insideOf(kinds: readonly string[]): string | null {
  if (kinds.includes('store')) return BY_KIND.store('')
  if (kinds.includes('held value')) return BY_KIND.registry('')
  return null
}

function nameOf({ name, kind }: Holder): string {
  return kind === 'timer' ? name.replace(/ .*/, '') : name
}

function called(name: string): string {
  return name === '' ? 'it' : name
}
