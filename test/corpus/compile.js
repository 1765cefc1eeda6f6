// Compiles the programs in TypeScript to programs/compiled/, each with its source map: room-table and job-queue with the compiler
// alone, help-desk for an old target; basket bundled, members minified too. To be run after one of them was changed; the result is
// part of the repository. Ends by itself.
import { spawnSync } from 'node:child_process'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { buildSync } from 'esbuild'

const require = createRequire(import.meta.url)
const tsc = join(dirname(require.resolve('typescript/package.json')), 'bin', 'tsc')
const programs = join(dirname(fileURLToPath(import.meta.url)), 'programs')

const compiled = [
  compile('es2022', ['typescript/room-table.ts', 'typescript/job-queue.ts']),
  compile('es2015', ['typescript/help-desk.ts']),
]
bundle('basket', false)
bundle('members', true)
process.exit(Math.max(...compiled.map(({ status }) => status ?? 1)))

function compile(target, files) {
  const options = `--target ${target} --lib es2022 --ignoreConfig --module nodenext --sourceMap --strict --types node`
  return spawnSync(process.execPath, [tsc, ...options.split(' '), '--outDir', 'compiled', ...files], {
    cwd: programs,
    stdio: 'inherit',
  })
}

function bundle(name, minify) {
  buildSync({
    absWorkingDir: programs,
    entryPoints: { [name]: `typescript/${name}/main.ts` },
    outdir: 'compiled',
    bundle: true,
    minify,
    format: 'esm',
    target: 'es2022',
    platform: 'node',
    sourcemap: true,
    logLevel: 'warning',
  })
}
