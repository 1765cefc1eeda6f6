/**
 * Is a value plain data, all of which arrives when it is copied into another process? Structured clone strips prototypes, symbols,
 * accessors and hidden properties in silence, so what has any of these is not. Pure; nothing to end.
 */

/** What is nested deeper, or has more parts, is not looked at to its end, and so is not plain. */
const DEPTH_MAX = 100
const PARTS_MAX = 100_000

/** Not asked for properties of their own: each byte is one. */
const BYTES: ReadonlySet<unknown> = new Set([
  ...[Buffer, Uint8Array, Uint8ClampedArray, Int8Array, Uint16Array, Int16Array, Uint32Array, Int32Array],
  ...[Float32Array, Float64Array, BigInt64Array, BigUint64Array, DataView, ArrayBuffer],
])

interface Part {
  readonly value: unknown
  readonly path: string
  readonly depth: number
}

/** Null when it is plain; otherwise the first part that is not, and why. */
export function whyNotPlain(data: unknown): string | null {
  const seen = new Set<object>()
  const parts: Part[] = [{ value: data, path: 'data', depth: 0 }]
  for (let part = parts.pop(); part !== undefined; part = parts.pop()) {
    const { value, path, depth } = part
    const kind = typeof value
    if (kind === 'function' || kind === 'symbol') return `${path} is a ${kind}`
    if (value === null || kind !== 'object' || seen.has(value as object)) continue
    seen.add(value as object)
    if (depth > DEPTH_MAX) return `${path.slice(0, 100)} is nested deeper than ${DEPTH_MAX}`
    if (seen.size + parts.length > PARTS_MAX) return `data has more than ${PARTS_MAX} parts`
    const problem = look(value as object, part, parts)
    if (problem !== null) return problem
  }
  return null
}

/** Puts what an object holds into `parts`; returns what is wrong with the object itself. */
function look(object: object, { path, depth }: Part, parts: Part[]): string | null {
  const prototype: unknown = Object.getPrototypeOf(object)
  const type: unknown = (prototype as { constructor?: unknown } | null)?.constructor
  // The constructor is only a property: it has to be the one whose prototype this is.
  if (typeof type === 'function' && BYTES.has(type) && prototype === type.prototype) return null
  if (prototype === Map.prototype) {
    for (const [key, value] of object as Map<unknown, unknown>) {
      parts.push({ value: key, path: `${path} (a key)`, depth: depth + 1 })
      parts.push({ value, path: `${path}.get(${nameOf(key)})`, depth: depth + 1 })
    }
  } else if (prototype === Set.prototype) {
    for (const value of object as Set<unknown>) parts.push({ value, path: `${path} (an entry)`, depth: depth + 1 })
  } else if (prototype === RegExp.prototype) {
    // The clone begins at 0, and its lastIndex is an own property that does not show.
    if ((object as RegExp).lastIndex !== 0 || Reflect.ownKeys(object).length > 1) return `${path} is a RegExp in use`
    return null
  } else if (prototype !== Object.prototype && prototype !== Array.prototype && prototype !== Date.prototype) {
    return `${path} is ${prototype === null ? 'an object without prototype' : `a ${nameOfType(type)}`}`
  }
  return propertiesProblem(object, path, depth, parts, prototype === Object.prototype || prototype === Array.prototype)
}

function propertiesProblem(
  object: object,
  path: string,
  depth: number,
  parts: Part[],
  mayHave: boolean,
): string | null {
  for (const key of Reflect.ownKeys(object)) {
    if (typeof key === 'symbol') return `${path} has a symbol as key`
    const property = Object.getOwnPropertyDescriptor(object, key)
    if (property === undefined || (key === 'length' && Array.isArray(object))) continue
    if (!mayHave) return `${path} has a property "${key}" of its own`
    if (!('value' in property)) return `${path}.${key} is an accessor`
    if (!property.enumerable) return `${path}.${key} is not enumerable`
    parts.push({ value: property.value, path: `${path}.${key}`, depth: depth + 1 })
  }
  return null
}

function nameOf(key: unknown): string {
  return typeof key === 'string' ? JSON.stringify(key.slice(0, 40)) : typeof key
}

function nameOfType(type: unknown): string {
  return typeof type === 'function' && type.name !== '' ? type.name : 'value of another prototype'
}
