// The hook of ts.js: a module in TypeScript is compiled by esbuild, and kept in node_modules/.cache by what it is, so that it is compiled
// once; that goes with `npm ci`. Runs in Node's thread for hooks, which ends with the process.
import { createHash, randomUUID } from 'node:crypto'
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename, extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const KINDS = ['.ts', '.mts']
const CACHE = fileURLToPath(new URL('../node_modules/.cache/holdfast-ts/', import.meta.url))
/** What compiles, and how: another compiles anew. */
const COMPILER = [
  createRequire(import.meta.url)('esbuild/package.json').version,
  readFileSync(fileURLToPath(import.meta.url)),
]

export async function load(url, context, nextLoad) {
  const { protocol, pathname } = new URL(url)
  if (protocol !== 'file:' || !KINDS.includes(extname(pathname))) return nextLoad(url, context)
  const path = fileURLToPath(url)
  return { format: 'module', source: await compiled(path, readFileSync(path)), shortCircuit: true }
}

async function compiled(path, source) {
  const name = basename(path)
  const kept = join(CACHE, `${keyOf(name, source)}.js`)
  try {
    return readFileSync(kept)
  } catch {
    const code = await compile(name, source)
    mkdirSync(CACHE, { recursive: true })
    // Whoever reads it meanwhile sees all of it or nothing.
    const unfinished = `${kept}.${randomUUID()}`
    writeFileSync(unfinished, code)
    renameSync(unfinished, kept)
    return code
  }
}

function keyOf(name, source) {
  const hash = createHash('sha256')
  for (const part of [...COMPILER, name, source]) hash.update(part).update('\0')
  return hash.digest('hex')
}

async function compile(name, source) {
  const { transformSync } = await import('esbuild')
  // The map says its name without a folder: whoever follows it looks beside the module.
  const { code } = transformSync(source, {
    ...{ sourcefile: name, loader: extname(name).replace(/^\.m?/, ''), format: 'esm', target: 'node20' },
    ...{ sourcemap: 'inline', sourcesContent: false },
    tsconfigRaw: { compilerOptions: { verbatimModuleSyntax: true } },
  })
  return code
}
