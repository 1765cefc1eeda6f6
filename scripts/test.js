// Runs the tests: `npm test` all of them, `npm test -- unit/base conformance` those whose path contains one of the words.
// First makes sure that what they need beyond npm is there (scripts/test-needs.js), and stops with one line if it is not.
// Every file runs in a process of its own; a file still running after FILE_DEADLINE_MS is ended and counts as failed.
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

const FILE_DEADLINE_MS = 240_000
const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const words = process.argv.slice(2)

const needs = join(root, 'scripts', 'test-needs.js')
if (existsSync(needs)) {
  const ready = spawnSync(process.execPath, [needs, ...words], { stdio: 'inherit' })
  if (ready.status !== 0) process.exit(ready.status ?? 1)
}

const files = readdirSync(join(root, 'test'), { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.test.ts') && !name.includes('node_modules'))
  .map((name) => relative(root, join(root, 'test', name)))
  .filter((name) => words.length === 0 || words.some((word) => name.includes(word)))
  .sort()
if (files.length === 0) {
  console.error(`no test file matches ${words.join(' ')}; they are the files test/**/*.test.ts`)
  process.exit(1)
}

const run = spawnSync(
  process.execPath,
  [
    '--import=tsx',
    '--expose-gc',
    '--test',
    `--test-concurrency=${availableParallelism()}`,
    `--test-timeout=${FILE_DEADLINE_MS}`,
    ...files,
  ],
  { cwd: root, stdio: 'inherit' },
)
process.exit(run.status ?? 1)
