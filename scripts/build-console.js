// Builds the console (console/) into a folder, normally dist/console: one page, one script, one style, named by what is in them. Called by
// scripts/build.js when dist/ is there. Ends with the files written; leaves nothing else.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')

export async function buildConsole(out = join(root, 'dist', 'console')) {
  rmSync(out, { recursive: true, force: true })
  mkdirSync(out, { recursive: true })
  const { outputFiles } = await build({
    entryPoints: [join(root, 'console', 'main.tsx')],
    entryNames: 'console-[hash]',
    outdir: out,
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    target: ['chrome110', 'firefox110', 'safari16'],
    jsx: 'automatic',
    jsxImportSource: 'preact',
    tsconfigRaw: '{}',
    legalComments: 'none',
  })
  const names = {}
  for (const { path, contents } of outputFiles) {
    writeFileSync(path, contents)
    names[path.endsWith('.css') ? 'css' : 'js'] = `/console/${basename(path)}`
  }
  const page = readFileSync(join(root, 'console', 'index.html'), 'utf8')
  writeFileSync(
    join(out, 'index.html'),
    page.replace(/\{\{(\w+)\}\}/g, (_, kind) => names[kind]),
  )
}
