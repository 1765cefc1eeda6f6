// Builds dist/ from src/ and console/. Run by `npm ci` itself (the `prepare` script), so a fresh clone is ready after it.
// Ends when the compiler ends; leaves nothing but dist/.
import { spawnSync } from 'node:child_process'
import { rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const require = createRequire(import.meta.url)
const tsc = join(compilerFolder(), 'bin', 'tsc')

rmSync(join(root, 'dist'), { recursive: true, force: true })
const built = spawnSync(process.execPath, [tsc, '-p', join(root, 'tsconfig.json')], { stdio: 'inherit' })
if (built.status !== 0) process.exit(built.status ?? 1)
const { buildConsole } = await import('./build-console.js')
await buildConsole()

function compilerFolder() {
  try {
    return dirname(require.resolve('typescript/package.json'))
  } catch {
    console.error('TypeScript is not installed: run `npm ci` in the repository first')
    process.exit(1)
  }
}
