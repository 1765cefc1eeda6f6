// Where the programs are that tests with real peers run: found, never installed, here (scripts/test-needs.js installs).
// Pure look-ups on the file system; holds nothing, ends nothing.
import { spawnSync } from 'node:child_process'
import { accessSync, constants, readdirSync, realpathSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The folder of this file: test/peers, with its own package.json and node_modules. */
export const peersFolder = dirname(fileURLToPath(import.meta.url))

/** The folder test/runners, with its own package.json and node_modules: test runners. */
export const runnersFolder = join(peersFolder, '..', 'runners')

const DEBIAN_PYTHON = '/usr/bin/python3'
const DEBIAN_YAML = '/usr/lib/python3/dist-packages/yaml/__init__.py'
const DEBIAN_WEBSOCKETS = '/usr/lib/python3/dist-packages/websockets/__init__.py'
// Services live in sbin, which the PATH of an ordinary user often lacks.
const FOLDERS = [...(process.env.PATH ?? '').split(delimiter), '/usr/bin', '/usr/sbin', '/usr/local/sbin']

/** @param {string} path */
function isThere(path, mode = constants.R_OK) {
  try {
    accessSync(path, mode)
    return true
  } catch {
    return false
  }
}

/** @param {string[]} names */
function onPath(...names) {
  for (const name of names) {
    for (const folder of FOLDERS) {
      if (folder !== '' && isThere(join(folder, name), constants.X_OK)) return join(folder, name)
    }
  }
}

/** The path of a Chromium (or Chrome), or undefined. */
export function findChromium() {
  return onPath('chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome')
}

/** The path of nginx, or undefined. */
export function findNginx() {
  return onPath('nginx')
}

/** The path of HAProxy, or undefined. */
export function findHaproxy() {
  return onPath('haproxy')
}

/** The paths of Prometheus and of the tool that checks its rules, or undefined. */
export function findPrometheus() {
  const [prometheus, promtool] = [onPath('prometheus'), onPath('promtool')]
  return prometheus === undefined || promtool === undefined ? undefined : { prometheus, promtool }
}

/** The path of systemd-analyze, or undefined. It checks units without a systemd that runs. */
export function findSystemdAnalyze() {
  return onPath('systemd-analyze')
}

/** The path of go, for `go tool pprof`, or undefined. Better one that has the tool: newer ones compile it, for a minute or two. */
export function findGo() {
  const found = FOLDERS.map((folder) => join(folder, 'go')).filter((path) => isThere(path, constants.X_OK))
  return found.find(hasPprof) ?? found[0]
}

/** @param {string} go */
function hasPprof(go) {
  const tools = join(dirname(realpathSync(go)), '..', 'pkg', 'tool')
  return (
    isThere(tools) && readdirSync(tools).some((platform) => isThere(join(tools, platform, 'pprof'), constants.X_OK))
  )
}

// The compiler that Debian's packages were made for: a newer one may refuse them.
const DEBIAN_GO = '/usr/lib/go/bin/go'
const GO_PATH = '/usr/share/gocode'

/** A Go compiler and the folder with the sources of Gin and gorilla/websocket, both Debian's, or undefined. */
export function findGin() {
  const sources = ['gin-gonic/gin', 'gorilla/websocket'].map((name) => join(GO_PATH, 'src/github.com', name))
  if (isThere(DEBIAN_GO, constants.X_OK) && sources.every((path) => isThere(path)))
    return { go: DEBIAN_GO, goPath: GO_PATH }
}

/** The path of a Python that has the package `yaml`, or undefined. */
export function findPythonYaml() {
  if (isThere(DEBIAN_YAML) && isThere(DEBIAN_PYTHON, constants.X_OK)) return DEBIAN_PYTHON
  const python = onPath('python3')
  if (python && spawnSync(python, ['-c', 'import yaml'], { stdio: 'ignore' }).status === 0) return python
}

/** The path of a Python that has the package `websockets`, or undefined. */
export function findPython() {
  // Looking for Debian's file first costs nothing; asking a Python costs a process.
  if (isThere(DEBIAN_WEBSOCKETS) && isThere(DEBIAN_PYTHON, constants.X_OK)) return DEBIAN_PYTHON
  const python = onPath('python3')
  if (python && spawnSync(python, ['-c', 'import websockets'], { stdio: 'ignore' }).status === 0) return python
}

/**
 * The path of a Node.js of that major version from test/peers/node_modules, or undefined.
 * @param {24 | 26} major
 */
export function findNode(major) {
  const path = join(peersFolder, 'node_modules', `node${major}-${process.platform}-${process.arch}`, 'bin', 'node')
  if (isThere(path, constants.X_OK)) return path
}
