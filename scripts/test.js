// Runs the tests: `npm test` all of them, `npm test -- unit/base conformance` those whose path contains one of the words.
// First makes sure that what they need beyond npm is there (scripts/test-needs.js), and stops with one line if it is not; and
// that dist/ is what src/ and console/ would build, because many of their processes run it.
// Every file runs in a process of its own; a file still running after FILE_DEADLINE_MS is ended and counts as failed.
// The last lines say which files took longest, and what failed in which file, so that the end of a long print is enough.
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, statSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { run } from 'node:test'
import { spec, tap } from 'node:test/reporters'
import { fileURLToPath } from 'node:url'
import { inspect } from 'node:util'

const FILE_DEADLINE_MS = 240_000
const OPTIONS = [`--import=${new URL('ts.js', import.meta.url).href}`, '--expose-gc']
/** They begin first, in this order, so that none of them is still running when all others are done. The rest goes by name. */
const LONGEST = [
  'test/integration/examples/leaks.test.ts',
  'test/integration/nothing-left.test.ts',
  'test/corpus/corpus.test.ts',
  'test/integration/doctor/process.test.ts',
  'test/drills/reload/reloads.test.ts',
  'test/integration/rollout/reload.test.ts',
  'test/drills/kill/kill.test.ts',
  'test/fuzz/fuzz.test.ts',
  'test/conformance/conformance.test.ts',
  'test/integration/console/page.test.ts',
  'test/drills/soak-self.test.ts',
  'test/integration/rollout/edges.test.ts',
]
const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const words = process.argv.slice(2)

const needs = join(root, 'scripts', 'test-needs.js')
if (existsSync(needs)) mustPass(needs, ...words)
if (!isBuilt()) {
  console.log('building dist/, which is older than what it is built from')
  mustPass(join(root, 'scripts', 'build.js'))
}

const files = readdirSync(join(root, 'test'), { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.test.ts') && !name.includes('node_modules'))
  .map((name) => join('test', name))
  .filter((name) => words.length === 0 || words.some((word) => name.includes(word)))
  .sort((a, b) => placeOf(a) - placeOf(b) || (a < b ? -1 : 1))
if (files.length === 0) fail(`no test file matches ${words.join(' ')}; they are the files test/**/*.test.ts`)
for (const name of LONGEST) if (!existsSync(join(root, name))) fail(`LONGEST in scripts/test.js: there is no ${name}`)

// `node --test` would sort the files by name.
process.chdir(root)
// Node 20 hands on the options of its own process, later ones take `execArgv`.
process.execArgv.push(...OPTIONS)
/** How long the tests of each file took, in ms. */
const took = new Map()
const failed = []
run({
  files: files.map((name) => join(root, name)),
  concurrency: availableParallelism(),
  timeout: FILE_DEADLINE_MS,
  execArgv: OPTIONS,
})
  .on('test:pass', count)
  .on('test:fail', (event) => {
    process.exitCode = 1
    count(event)
    const { error } = event.details
    // A suite fails because a test of it did, which has a line of its own.
    if (error?.failureType !== 'subtestsFailed') failed.push(`${fileOf(event)}: ${event.name}: ${firstLine(error)}`)
  })
  .compose(process.stdout.isTTY ? new spec() : tap)
  .on('end', report)
  .pipe(process.stdout)

function count(event) {
  if (event.nesting === 0) took.set(fileOf(event), (took.get(fileOf(event)) ?? 0) + event.details.duration_ms)
}

function fileOf({ file, name }) {
  return relative(root, file ?? name)
}

/** What an assertion compared is said too: its first line has none of it. */
function firstLine(error) {
  const cause = error?.cause ?? error
  const [line] = String(cause?.message ?? 'no message').split('\n', 1)
  if (cause?.code !== 'ERR_ASSERTION' || !cause.generatedMessage) return line
  const [actual, expected] = [cause.actual, cause.expected].map((one) =>
    inspect(one, { breakLength: Number.POSITIVE_INFINITY, maxStringLength: 200, maxArrayLength: 20 }).slice(0, 500),
  )
  return `${line} ${actual} is not ${expected}`
}

function report() {
  const longest = [...took].sort((a, b) => b[1] - a[1]).slice(0, LONGEST.length)
  const lines = longest.map(([name, ms]) => `# ${(ms / 1000).toFixed(0).padStart(4)} s ${name}`)
  process.stdout.write(`${['# longest:', ...lines, ...failed.map((line) => `# failed: ${line}`)].join('\n')}\n`)
}

function placeOf(name) {
  const place = LONGEST.indexOf(name)
  return place < 0 ? LONGEST.length : place
}

/** Nothing that it is built from, and no folder of it, has changed since. */
function isBuilt() {
  const built = join(root, 'dist', 'index.js')
  if (!existsSync(built)) return false
  const { mtimeMs } = statSync(built)
  const sources = ['src', 'console'].flatMap((folder) => [
    folder,
    ...readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name)),
  ])
  return ['tsconfig.json', ...sources].every((name) => statSync(join(root, name)).mtimeMs <= mtimeMs)
}

function mustPass(script, ...args) {
  const ran = spawnSync(process.execPath, [script, ...args], { stdio: 'inherit' })
  if (ran.status !== 0) process.exit(ran.status ?? 1)
}

function fail(line) {
  console.error(line)
  process.exit(1)
}
