/**
 * Servers that the soak is tried on, each a process of its own that ends with the test; and the soak itself, as its users run it.
 */
import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { existsSync, mkdirSync, renameSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { SoakReport } from '../../src/diagnose/soak/soak-report.ts'
import { findGin } from '../peers/programs.js'
import { holdfast } from './command-line.ts'
import { within } from './deadline.ts'
import { type Owner, PATIENCE_MS, ROOT } from './supervised.ts'

const FOLDER = join(ROOT, 'test/integration/soak')
const BUILD_DEADLINE_MS = 220_000
const SOAK_DEADLINE_MS = 600_000

export interface Target {
  readonly pid: number
  readonly port: number
  /** What it wrote to stderr. */
  errors(): string
}

/** Its inspector takes a free port, so that several can be soaked at the same time. */
export function nodeTarget(t: Owner, file: string, args: readonly string[], node = process.execPath): Promise<Target> {
  return started(t, node, ['--inspect-port=0', join(FOLDER, file), ...args])
}

export async function ginTarget(t: Owner, args: readonly string[]): Promise<Target> {
  return started(t, await builtGin(), args)
}

export async function started(t: Owner, program: string, args: readonly string[]): Promise<Target> {
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'], cwd: ROOT })
  const gone = new Promise((resolve) => child.on('close', resolve))
  t.after(async () => {
    child.kill('SIGKILL')
    await within('the target to end', gone)
  })
  let errors = ''
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    errors += chunk
  })
  const said = new Promise<string>((resolve) => child.stdout.setEncoding('utf8').once('data', resolve))
  const ended = gone.then(() => Promise.reject(new Error(`it ended: ${errors}`)))
  const port = Number(await within('the target to listen', Promise.race([said, ended]), PATIENCE_MS))
  ended.catch(() => {})
  assert.ok(port > 0)
  return { pid: child.pid ?? 0, port, errors: () => errors }
}

/** The Go server, built when its source is newer than what is there. */
async function builtGin(): Promise<string> {
  const [folder, source] = [join(ROOT, 'test/.work'), join(FOLDER, 'gin-target/main.go')]
  const target = join(folder, 'gin-target')
  if (existsSync(target) && statSync(target).mtimeMs > statSync(source).mtimeMs) return target
  const gin = findGin()
  assert.ok(gin, 'Gin (Debian: golang-go, golang-github-gin-gonic-gin-dev, golang-github-gorilla-websocket-dev)')
  mkdirSync(folder, { recursive: true })
  const env = { ...process.env, GOPATH: gin.goPath, GO111MODULE: 'off', GOFLAGS: '', GOTOOLCHAIN: 'local' }
  const fresh = `${target}-${process.pid}`
  const options = { env, cwd: ROOT, timeout: BUILD_DEADLINE_MS }
  await promisify(execFile)(gin.go, ['build', '-ldflags=-s -w', '-o', fresh, source], options)
  renameSync(fresh, target)
  return target
}

/**
 * Short enough for a test. That V8 compiles what runs often is not over by then: hence the tolerance, far below what is leaked.
 */
export const QUICK = '--settle 100ms --cooldown 500ms --warmup 3 --rounds 6 --connections 120 --tolerance 200'.split(
  ' ',
)

export interface Soaked {
  readonly code: number | null
  readonly report: SoakReport
  readonly errors: string
}

/** `holdfast soak` with --json, to its end. @param usual flags that come first, and count less */
export async function soaked(url: string, flags: readonly string[], usual: readonly string[] = QUICK): Promise<Soaked> {
  const { code, out, errors } = await holdfast(['soak', url, ...usual, ...flags, '--json'], {}, SOAK_DEADLINE_MS)
  assert.notEqual(out, '', errors)
  return { code, report: JSON.parse(out) as SoakReport, errors }
}

/** What it says each connection leaves behind, in bytes. */
export function bytesOf({ verdict, series }: SoakReport): number {
  return series[verdict.decidedBy]?.judgement.fit?.slope ?? Number.NaN
}

/** Within 15 per cent. */
export function assertNear(seen: number, wanted: number): void {
  assert.ok(Math.abs(seen - wanted) <= wanted * 0.15, `${seen} is not within 15 % of ${wanted}`)
}
