/**
 * TypeScript programs that tests start as processes of their own: compiled once, with all of ours that they import, into one file.
 * With a compiler in each of them, every process would take a second of a processor to start.
 *
 * The file lies in test/.work, where packages are found from, and goes with the process that asked for it.
 */
import { mkdirSync, readdirSync, rmSync } from 'node:fs'
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
  if (compiled.size === 0) removeLeft()
  const outfile = join(WORK, `${basename(source, '.ts')}-${process.pid}-${compiled.size}.mjs`)
  process.on('exit', () => rmSync(outfile, { force: true }))
  buildSync({
    ...{ entryPoints: [source], outfile, bundle: true, packages: 'external' },
    ...{ platform: 'node', format: 'esm', target: 'node20', sourcemap: 'inline', logLevel: 'warning' },
  })
  compiled.set(source, outfile)
  return outfile
}

/** Of processes that were killed. */
function removeLeft(): void {
  for (const name of readdirSync(WORK)) {
    const pid = Number(/-(\d+)-\d+\.mjs$/.exec(name)?.[1])
    if (pid > 0 && !isThere(pid)) rmSync(join(WORK, name), { force: true })
  }
}

function isThere(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
