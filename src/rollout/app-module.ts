/**
 * The module of an app, in its worker: imports it and checks that its default export is a server that can be given the
 * listener. Runs once per worker; nothing to end.
 */
import { pathToFileURL } from 'node:url'
import { type HoldfastError, messageOf, stackOf } from '../base/errors.ts'
import { appInvalid } from './app-file.ts'
import { isServer, type ServedServer } from './served-server.ts'

const EXPORT = 'export default server: what createServer() returned, not listening'

/** A frame of a stack that is in a file: `at name (file:///app/db.js:3:9)`, also without name, address or column. */
const FRAME = /^ +at (?:.*\()?((?:file:\/\/|\/|[A-Z]:\\)[^()]*:\d+)\)?$/gm

/** What Node says of a module that it takes for CommonJS. */
const NO_MODULE = /import statement outside a module|Unexpected token 'export'/

/** @throws HoldfastError HF_APP_INVALID: what was seen, wanted, to be done */
export async function loadApp(file: string): Promise<ServedServer> {
  let app: Readonly<Record<string, unknown>>
  try {
    app = await import(pathToFileURL(file).href)
  } catch (thrown) {
    throw cannotImport(file, thrown)
  }
  return checkApp(file, app)
}

function cannotImport(file: string, thrown: unknown): HoldfastError {
  const error = appInvalid(
    file,
    `importing it failed: ${messageOf(thrown)}${placeOf(thrown)}`,
    'a module that can be imported',
    NO_MODULE.test(messageOf(thrown))
      ? 'set "type": "module" in the package.json beside it, or call it .mjs'
      : `correct it; \`node ${file}\` shows the same`,
  )
  error.cause = thrown
  error.stack = `${error.message}\n${stackOf(thrown)}`
  return error
}

/** Where it was thrown, in code of the app rather than of a library; the empty string when its stack has no file, as that of a syntax error. */
function placeOf(thrown: unknown): string {
  const frames = [...stackOf(thrown).matchAll(FRAME)].map(([, place]) => place as string)
  const place = frames.find((frame) => !frame.includes('/node_modules/')) ?? frames[0]
  return place === undefined ? '' : `, at ${place}`
}

/** @throws HoldfastError HF_APP_INVALID */
export function checkApp(file: string, app: Readonly<Record<string, unknown>>): ServedServer {
  const seen = app.default
  if (seen === undefined) {
    const names = Object.keys(app)
    const others = names.length === 0 ? 'nothing' : names.slice(0, 10).join(', ')
    throw appInvalid(file, `it has no default export; it exports ${others}`, EXPORT, 'add the export')
  }
  // What CommonJS calls `module.exports.default`, or a compiler has made of it.
  const inner = isObject(seen) && !isServer(seen) && isObject(seen.default) ? seen.default : seen
  if (isServer(inner)) {
    if (!inner.ready) return inner
    const todo = 'remove the call of listen(): the supervisor has the port, and gives it to the app'
    throw appInvalid(file, 'its server listens already', 'a server that is not listening', todo)
  }
  throw appInvalid(file, `its default export is ${describe(inner)}`, EXPORT, todoFor(inner))
}

function isObject(value: unknown): value is Readonly<Record<PropertyKey, unknown>> {
  return typeof value === 'object' && value !== null
}

function describe(value: unknown): string {
  if (typeof value === 'function') return `a function${value.name === '' ? '' : ` "${value.name}"`}`
  if (!isObject(value)) return `a value of type ${typeof value}`
  if (value instanceof Promise) return 'a promise'
  if (isHttpServer(value)) return 'an HTTP server'
  if (isOldHoldfast(value)) return 'a server of another version of Holdfast'
  const name = (value.constructor as { name?: string } | undefined)?.name
  return name === undefined || name === 'Object' ? 'a plain object' : `a ${name}`
}

function todoFor(value: unknown): string {
  if (value instanceof Promise) return 'await it: export default await …'
  if (typeof value === 'function') return 'call it, and export what it returns'
  if (isHttpServer(value)) {
    return 'export the Holdfast server that is attached to it: server.attach(httpServer), then export default server'
  }
  if (isOldHoldfast(value)) return 'let the app and the command have the same version: npm ls holdfast'
  return 'export what createServer() returned'
}

function isHttpServer(value: unknown): boolean {
  return isObject(value) && typeof value.listen === 'function' && typeof value.setTimeout === 'function'
}

function isOldHoldfast(value: unknown): boolean {
  return isObject(value) && typeof value.attach === 'function' && typeof value.ledger === 'function'
}
