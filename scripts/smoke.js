// Smoke runs on the newer Node versions (test/peers): dist/ in use, and the unit and conformance tests as they are.
// Node 24 and 26 strip types themselves, so the tests run there without a compiler: what fails is Node or us, nothing between.
// `node scripts/smoke.js` both; `node scripts/smoke.js 26` one. Exit code 1 if anything fails.
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { findNode } from '../test/peers/programs.js'

const RUN_DEADLINE_MS = 120_000
const FILE_DEADLINE_MS = 60_000
const OUTPUT_BYTES_MAX = 64 * 1024 * 1024
const FOLDERS = ['unit', 'conformance']
const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const majors = process.argv.length > 2 ? process.argv.slice(2).map(Number) : [24, 26]

const ready = spawnSync(process.execPath, [join(root, 'scripts', 'test-needs.js'), '--need=peers'], {
  stdio: 'inherit',
})
if (ready.status !== 0) process.exit(ready.status ?? 1)

const files = FOLDERS.filter((folder) => existsSync(join(root, 'test', folder))).flatMap((folder) =>
  readdirSync(join(root, 'test', folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.test.ts'))
    .map((name) => join('test', folder, name)),
)
const limits = [`--test-concurrency=${availableParallelism()}`, `--test-timeout=${FILE_DEADLINE_MS}`]
let failed = false
for (const major of majors) {
  const node = findNode(major)
  if (!node) {
    console.error(`smoke: no Node ${major} in test/peers; it has 24 and 26`)
    process.exit(1)
  }
  run(node, [join('test', 'integration', 'peers', 'smoke.js')], 'inherit')
  const tests = run(node, ['--expose-gc', '--test', '--test-reporter=tap', ...limits, ...files], 'pipe')
  const count = /^# pass (\d+)$/m.exec(tests.stdout)?.[1] ?? 'no'
  if (tests.status === 0) console.log(`smoke: Node ${major}: ${count} tests of ${files.length} files pass`)
  else {
    const failures = tests.stdout.match(/^ *(?:not ok .*|signal: '.*|error: .*(?:\n {4,}.*){0,5})$/gm) ?? []
    console.error(`smoke: Node ${major}: tests failed\n${failures.join('\n')}\n${tests.stderr}`)
  }
}
process.exit(failed ? 1 : 0)

function run(node, args, stdio) {
  const ran = spawnSync(node, args, {
    cwd: root,
    stdio,
    encoding: 'utf8',
    timeout: RUN_DEADLINE_MS,
    maxBuffer: OUTPUT_BYTES_MAX,
  })
  if (ran.error) console.error(`smoke: ${args[0]}: ${ran.error.message}`)
  if (ran.status !== 0) failed = true
  return ran
}
