/**
 * Runs one program in a process of its own, takes three snapshots of it (child.js), and asks the reader what grows. The process
 * ends with its last snapshot or is ended at the deadline; the snapshots are removed in any case.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import type { Growing } from '../../src/diagnose/snapshot/cause.ts'
import { growth } from '../../src/diagnose/snapshot/growth.ts'
import { readSnapshot } from '../../src/diagnose/snapshot/read-snapshot.ts'
import type { Program } from './programs.ts'

const CHILD = fileURLToPath(new URL('child.js', import.meta.url))
const DEADLINE_MS = 180_000

/** Rounds before the first snapshot, and between two. */
const WARMUP = 6
const ROUNDS = 4

export interface Examined {
  /** What grows most first. */
  readonly grown: readonly Growing[]
  /** Of the longest snapshot. */
  readonly pauseMs: number
  /** From its start to the answer. */
  readonly tookMs: number
  /** Of these, for reading and judging the snapshots. */
  readonly readMs: number
}

/** @param node the program that runs it */
export async function examine({ name, path }: Program, node = process.execPath): Promise<Examined> {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-corpus-'))
  const began = performance.now()
  try {
    const args = ['--expose-gc', CHILD, path, folder, String(WARMUP), String(ROUNDS)]
    const child = spawn(node, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, NODE_OPTIONS: '' } })
    const { pauses } = JSON.parse(await whatItSays(name, child)) as { pauses: number[] }
    const ended = performance.now()
    const [a, b, c] = await Promise.all([1, 2, 3].map((number) => readSnapshot(join(folder, `${number}.heapsnapshot`))))
    if (a === undefined || b === undefined || c === undefined) throw new Error('unreachable')
    const grown = await growth(a, b, c)
    const now = performance.now()
    return { grown, pauseMs: Math.max(...pauses), tookMs: now - began, readMs: now - ended }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function whatItSays(name: string, child: ChildProcess): Promise<string> {
  const deadline = setTimeout(() => child.kill('SIGKILL'), DEADLINE_MS)
  try {
    const [said, complained, [code, signal]] = await Promise.all([
      child.stdout === null ? '' : text(child.stdout),
      child.stderr === null ? '' : text(child.stderr),
      once(child, 'exit'),
    ])
    if (code !== 0) throw new Error(`${name} ended with ${signal ?? code}: ${complained.slice(-2000)}`)
    return said
  } finally {
    clearTimeout(deadline)
    if (child.exitCode === null) child.kill('SIGKILL')
  }
}
