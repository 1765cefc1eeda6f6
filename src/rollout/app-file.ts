/**
 * The file of an app, and what Node needs to run it. Looked at anew for each version: where a link such as `current` leads to
 * says which version it is. Functions over the file system; nothing to end.
 */
import { realpathSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { extname, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { HoldfastError } from '../base/errors.ts'

export interface AppFile {
  /** Where links lead now: a worker that is replaced later runs the same version. */
  readonly path: string
  /** Options for Node that this file needs. */
  readonly nodeOptions: readonly string[]
}

const SCRIPTS = ['.js', '.mjs', '.cjs']
const TYPED = ['.ts', '.mts', '.cts']

/** @throws HoldfastError HF_APP_INVALID when there is no such file, or nothing here can run it */
export function findApp(file: string, cwd: string): AppFile {
  const given = resolve(cwd, file)
  const path = realPath(given)
  if (path === null) {
    throw appInvalid(
      given,
      'there is no such file',
      'the module of an app',
      'check the path, and the folder you are in',
    )
  }
  const extension = extname(path)
  if (SCRIPTS.includes(extension)) return { path, nodeOptions: [] }
  if (!TYPED.includes(extension)) {
    const wanted = `a file that ends with ${[...SCRIPTS, ...TYPED].join(', ')}`
    throw appInvalid(path, `it ends with "${extension}"`, wanted, 'give the file whose default export is the server')
  }
  // Whoever has tsx installed means it: it can do more than strip types.
  const tsx = findTsx(path) ?? findTsx(resolve(cwd, 'app'))
  if (tsx !== null) return { path, nodeOptions: [`--import=${tsx}`] }
  if (stripsTypes()) return { path, nodeOptions: [] }
  throw appInvalid(
    path,
    `Node ${process.versions.node} does not run TypeScript`,
    'Node 22.18 or newer, or tsx installed beside the app or where the command runs',
    'npm install tsx, or compile the app to JavaScript',
  )
}

function realPath(path: string): string | null {
  try {
    const real = realpathSync(path)
    return statSync(real).isFile() ? real : null
  } catch {
    return null
  }
}

function findTsx(path: string): string | null {
  try {
    return pathToFileURL(createRequire(path).resolve('tsx')).href
  } catch {
    return null
  }
}

function stripsTypes(): boolean {
  const { typescript } = process.features as { typescript?: unknown }
  return typescript === 'strip' || typescript === 'transform'
}

export function appInvalid(file: string, seen: string, wanted: string, todo: string): HoldfastError {
  return new HoldfastError('HF_APP_INVALID', { file, seen, wanted, todo })
}
