// Compiles the programs in TypeScript to programs/compiled/, each with its source map: room-table and job-queue with the compiler
// alone, basket bundled. To be run after one of them was changed; the result is part of the repository. Ends by itself.
import { spawnSync } from 'node:child_process'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { buildSync } from 'esbuild'

const require = createRequire(import.meta.url)
const tsc = join(dirname(require.resolve('typescript/package.json')), 'bin', 'tsc')
const programs = join(dirname(fileURLToPath(import.meta.url)), 'programs')

const options = '--ignoreConfig --target es2022 --module nodenext --sourceMap --strict --types node'.split(' ')
const files = ['typescript/room-table.ts', 'typescript/job-queue.ts']
const compiled = spawnSync(process.execPath, [tsc, ...options, '--outDir', 'compiled', ...files], {
  cwd: programs,
  stdio: 'inherit',
})
buildSync({
  absWorkingDir: programs,
  entryPoints: { basket: 'typescript/basket/main.ts' },
  outdir: 'compiled',
  bundle: true,
  format: 'esm',
  target: 'es2022',
  platform: 'node',
  sourcemap: true,
  logLevel: 'warning',
})
process.exit(compiled.status ?? 1)
