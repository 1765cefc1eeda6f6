/**
 * TypeScript programs that tests start as processes of their own: compiled once, with all of ours that they import, into one file.
 * With a compiler in each of them, every process would take a second of a processor to start.
 *
 * The file lies in test/.work, where packages are found from, and goes with the process that asked for it.
 */
import { mkdirSync, rmSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { buildSync } from 'esbuild'

const WORK = fileURLToPath(new URL('../.work/programs', import.meta.url))
// By source. Bounded by the programs that a test file starts.
const compiled = new Map<string, string>()

/** @param source a file with types @returns one to run, without them, on every Node */
export function programOf(source: string): string {
  const before = compiled.get(source)
  if (before !== undefined) return before
  mkdirSync(WORK, { recursive: true })
  const outfile = join(WORK, `${basename(source, '.ts')}-${process.pid}-${compiled.size}.mjs`)
  process.on('exit', () => rmSync(outfile, { force: true }))
  buildSync({
    ...{ entryPoints: [source], outfile, bundle: true, packages: 'external' },
    ...{ platform: 'node', format: 'esm', target: 'node20', sourcemap: 'inline', logLevel: 'warning' },
  })
  compiled.set(source, outfile)
  return outfile
}
