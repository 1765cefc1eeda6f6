// Compiles the programs in TypeScript to programs/compiled/, each with its source map: those of one file with the compiler alone,
// help-desk for an old target; those of several bundled, members and typed-bus minified too, devices for a target without fields. To be
// run after one of them was changed; the result is part of the repository. Ends by itself.
import { spawnSync } from 'node:child_process'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { buildSync } from 'esbuild'

const require = createRequire(import.meta.url)
const tsc = join(dirname(require.resolve('typescript/package.json')), 'bin', 'tsc')
const programs = join(dirname(fileURLToPath(import.meta.url)), 'programs')

const compiled = [
  compile(
    'es2022',
    ['room-table', 'job-queue', 'sensors', 'token-generations'].map((name) => `typescript/${name}.ts`),
  ),
  compile('es2015', ['typescript/help-desk.ts']),
]
bundle('basket')
bundle('profiles')
bundle('devices', { target: 'es2020' })
bundle('members', { minify: true })
bundle('typed-bus', { minify: true })
process.exit(Math.max(...compiled.map(({ status }) => status ?? 1)))

function compile(target, files) {
  const options = `--target ${target} --lib es2022 --ignoreConfig --module nodenext --sourceMap --strict --types node`
  return spawnSync(process.execPath, [tsc, ...options.split(' '), '--outDir', 'compiled', ...files], {
    cwd: programs,
    stdio: 'inherit',
  })
}

function bundle(name, options = {}) {
  buildSync({
    absWorkingDir: programs,
    entryPoints: { [name]: `typescript/${name}/main.ts` },
    outdir: 'compiled',
    bundle: true,
    format: 'esm',
    target: 'es2022',
    platform: 'node',
    sourcemap: true,
    logLevel: 'warning',
    ...options,
  })
}
