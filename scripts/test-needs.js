// Makes sure that what the chosen tests need beyond npm is there, before they run. Called by scripts/test.js with the
// words that choose test files, and by scripts/smoke.js.
//
// A test file names its needs in a line of its header: `// Needs: chromium, nginx`. What is missing is installed with
// apt-get (as root) or with `npm ci` in test/peers or test/runners; without root one line names the packages and the exit code is 1.
// With everything there it only reads the heads of files, and prints nothing.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { closeSync, existsSync, openSync, readdirSync, readFileSync, readSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  findChromium,
  findGin,
  findGo,
  findHaproxy,
  findNginx,
  findNode,
  findPrometheus,
  findPython,
  findPythonYaml,
  findSystemdAnalyze,
  peersFolder,
  runnersFolder,
} from '../test/peers/programs.js'

const APT_DEADLINE_MS = 300_000
const NPM_DEADLINE_MS = 300_000
const HEAD_BYTES = 2048
const root = join(dirname(fileURLToPath(import.meta.url)), '..')

/** What can be needed: how to find it, and the Debian packages it comes from, or the folder whose lock file has it. */
const NEEDS = {
  chromium: { find: findChromium, packages: ['chromium', 'fonts-dejavu-core'] },
  nginx: { find: findNginx, packages: ['nginx-light'] },
  haproxy: { find: findHaproxy, packages: ['haproxy'] },
  prometheus: { find: findPrometheus, packages: ['prometheus'] },
  systemd: { find: findSystemdAnalyze, packages: ['systemd'] },
  go: { find: findGo, packages: ['golang-go'] },
  gin: {
    find: findGin,
    packages: ['golang-go', 'golang-github-gin-gonic-gin-dev', 'golang-github-gorilla-websocket-dev'],
  },
  yaml: { find: findPythonYaml, packages: ['python3', 'python3-yaml'] },
  python: { find: findPython, packages: ['python3', 'python3-websockets'] },
  peers: { find: () => isInstalled(peersFolder), packages: [], folder: peersFolder },
  runners: { find: () => isInstalled(runnersFolder), packages: [], folder: runnersFolder },
}

const words = process.argv.slice(2)
const explicit = words.filter((word) => word.startsWith('--need=')).map((word) => word.slice('--need='.length))
const wanted = explicit.length > 0 ? new Set(explicit) : needsOfTests(words)
for (const need of wanted) {
  if (!(need in NEEDS)) fail(`a test needs "${need}", which is unknown; known are ${Object.keys(NEEDS).join(', ')}`)
}

const missing = [...wanted].filter((need) => !NEEDS[need].find())
const packages = missing.flatMap((need) => NEEDS[need].packages)
if (packages.length > 0) installPackages(packages)
for (const need of missing) if (NEEDS[need].folder) installFolder(NEEDS[need].folder)
const still = missing.filter((need) => !NEEDS[need].find())
if (still.length > 0) fail(`still missing after installing: ${still.join(', ')}`)

/** The needs named in the heads of the test files that the words choose. */
function needsOfTests(chosen) {
  const names = testFiles('test').filter((name) => chosen.length === 0 || chosen.some((word) => name.includes(word)))
  const found = names.flatMap((name) => {
    const line = /^\s*(?:\/\/|\*) Needs: (.+)$/m.exec(headOf(join(root, name)))
    return line ? line[1].split(',').map((need) => need.trim()) : []
  })
  return new Set(found)
}

/** All test files below a folder, without walking through the thousands of files of node_modules. */
function testFiles(folder) {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const name = join(folder, entry.name)
    if (entry.isDirectory()) return entry.name === 'node_modules' || entry.name === '.work' ? [] : testFiles(name)
    return entry.name.endsWith('.test.ts') ? [name] : []
  })
}

function headOf(path) {
  const head = Buffer.alloc(HEAD_BYTES)
  const file = openSync(path, 'r')
  try {
    return head.toString('utf8', 0, readSync(file, head))
  } finally {
    closeSync(file)
  }
}

function installPackages(names) {
  const list = names.join(' ')
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) {
    fail(`the tests need Debian packages that are missing: ${list} (as root: apt-get install -y ${list})`)
  }
  console.log(`installing what the tests need: ${list}`)
  run('apt-get', ['update', '-qq'], root, APT_DEADLINE_MS)
  run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...names], root, APT_DEADLINE_MS)
}

function installFolder(folder) {
  console.log(`installing what the tests need: npm ci in ${relative(root, folder)}`)
  run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], folder, NPM_DEADLINE_MS)
  for (const major of folder === peersFolder ? [24, 26] : []) {
    if (!findNode(major))
      fail(`npm has no Node.js ${major} for ${process.platform}-${process.arch} (test/peers/package.json)`)
  }
  writeFileSync(stampPath(folder), lockDigest(folder))
}

/** Installed, and from the lock file as it is now. */
function isInstalled(folder) {
  return existsSync(stampPath(folder)) && readFileSync(stampPath(folder), 'utf8') === lockDigest(folder)
}

function stampPath(folder) {
  return join(folder, 'node_modules', '.installed-from')
}

function lockDigest(folder) {
  return createHash('sha256')
    .update(readFileSync(join(folder, 'package-lock.json')))
    .digest('hex')
}

function run(command, args, cwd, timeout) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const ran = spawnSync(command, args, { cwd, timeout, env, encoding: 'utf8' })
  if (ran.status === 0) return
  const why = ran.error?.message ?? `exit code ${ran.status}`
  console.error(`${ran.stdout ?? ''}${ran.stderr ?? ''}`.trim())
  fail(`${command} ${args.join(' ')} failed: ${why}`)
}

function fail(line) {
  console.error(line)
  process.exit(1)
}
