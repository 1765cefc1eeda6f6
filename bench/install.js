// Gets what the benchmark needs and the project does not: the packages of bench/package.json, the load generator, the Go
// peer. Only when asked for, only into bench/node_modules and bench/.work. Every function throws an Error whose message is
// the reason the reader gets to see when a peer cannot be had.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { BENCH, lineOf, ROOT } from './machine.js'

const WORK = join(BENCH, '.work')
const NPM_DEADLINE_MS = 300_000
const BUILD_DEADLINE_MS = 300_000
const GO_PATH = '/usr/share/gocode'
const GO_PACKAGES = 'golang-go golang-github-gin-gonic-gin-dev golang-github-gorilla-websocket-dev'

function run(command, args, options) {
  const done = spawnSync(command, args, { encoding: 'utf8', ...options })
  if (done.status === 0) return
  const said = (done.error?.message ?? done.stderr ?? '').trim().split('\n').slice(-3).join(' / ')
  throw new Error(`${command} ${args.slice(0, 2).join(' ')} failed: ${said || `exit ${done.status ?? done.signal}`}`)
}

function isStale(target, source) {
  return !existsSync(target) || statSync(target).mtimeMs < statSync(source).mtimeMs
}

/** The load generator, built with `cc -O2` when wsload.c is newer than what is there. @returns its path */
export function buildLoad() {
  const target = join(WORK, 'wsload')
  const source = join(BENCH, 'wsload.c')
  if (isStale(target, source)) {
    mkdirSync(WORK, { recursive: true })
    run('cc', ['-O2', '-o', target, source], { timeout: BUILD_DEADLINE_MS })
  }
  return target
}

/** The Go peer, built against Debian's packages in GOPATH mode. @returns its path */
export function buildGin() {
  const target = join(WORK, 'gin-peer')
  const source = join(BENCH, 'peers', 'gin', 'main.go')
  if (!isStale(target, source)) return target
  if (!existsSync(join(GO_PATH, 'src', 'github.com', 'gin-gonic', 'gin'))) {
    throw new Error(`Gin is not installed: apt-get install ${GO_PACKAGES}`)
  }
  // The compiler the packages were made for comes first: one newer than they are may refuse them.
  const go = ['/usr/lib/go/bin/go', '/usr/bin/go'].find((path) => existsSync(path)) ?? 'go'
  if (lineOf(go, ['version']) === null) throw new Error(`no Go compiler: apt-get install ${GO_PACKAGES}`)
  mkdirSync(WORK, { recursive: true })
  const env = { ...process.env, GOPATH: GO_PATH, GO111MODULE: 'off', GOFLAGS: '', GOTOOLCHAIN: 'local' }
  run(go, ['build', '-o', target, source], { env, timeout: BUILD_DEADLINE_MS })
  return target
}

/**
 * A program out of bench/node_modules that answers `--version`. Installs bench/package.json by its lock when the package is
 * not there in the version wanted, and runs the package's own install script when npm was told to run none.
 * @returns its path
 */
export function fromNpm({ name, program, script }) {
  const wanted = JSON.parse(readFileSync(join(BENCH, 'package.json'), 'utf8')).dependencies[name]
  if (wanted === undefined) throw new Error(`bench/package.json has no ${name}`)
  const version = wanted.slice(wanted.lastIndexOf('@') + 1)
  const folder = join(BENCH, 'node_modules', name)
  const path = join(folder, program)
  const ready = () => existsSync(path) && lineOf(path, ['--version'])?.replace(/^v/, '') === version
  if (ready()) return path
  run('npm', ['ci', '--no-audit', '--no-fund'], { cwd: BENCH, timeout: NPM_DEADLINE_MS })
  if (ready()) return path
  const file = join(folder, script)
  if (existsSync(file)) run(process.execPath, [file], { cwd: dirname(file), timeout: NPM_DEADLINE_MS })
  if (ready()) return path
  throw new Error(`npm ci in bench/ left no ${name} ${version} that runs (install scripts off?)`)
}

/** Node of one major version: the one running this when it is that, otherwise the one bench/package.json names. */
export function nodeOf(major) {
  if (process.versions.node.split('.')[0] === major) return process.execPath
  return fromNpm({ name: `node${major}`, program: 'bin/node', script: 'installArchSpecificPackage.js' })
}

/** Holdfast itself as it is built in dist/: the benchmark measures what is there, and refuses what is not today's source. */
export function requireHoldfast() {
  const door = join(ROOT, 'dist', 'index.js')
  if (!existsSync(door)) throw new Error('dist/index.js is missing: npm run build')
  const files = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })
  const newer = files.find((name) => name.endsWith('.ts') && isStale(door, join(ROOT, 'src', name)))
  if (newer !== undefined) throw new Error(`dist/ is older than src/${newer}: npm run build`)
}

/** memlab in bench/node_modules, in the version wanted; installs bench/package.json when it is not there. */
export function memlabReady() {
  const file = join(BENCH, 'node_modules', '@memlab', 'heap-analysis', 'package.json')
  const wanted = JSON.parse(readFileSync(join(BENCH, 'package.json'), 'utf8')).dependencies['@memlab/heap-analysis']
  const ready = () => existsSync(file) && JSON.parse(readFileSync(file, 'utf8')).version === wanted
  if (ready()) return
  // It would fetch a browser that nothing here starts.
  const env = { ...process.env, PUPPETEER_SKIP_DOWNLOAD: '1' }
  run('npm', ['ci', '--no-audit', '--no-fund'], { cwd: BENCH, timeout: NPM_DEADLINE_MS, env })
  if (!ready()) throw new Error(`npm ci in bench/ left no @memlab/heap-analysis ${wanted}`)
}
