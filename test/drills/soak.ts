/**
 * `holdfast soak` as its users run it, without flags that make it shorter, on servers that leak what is known, are repaired, or keep
 * only so much: each verdict has to be right, and the bytes within 15 per cent.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { bytesOf, ginTarget, nodeTarget, soaked, type Target } from '../support/soak-targets.ts'
import { atMost, type Check, exactly, type Verdict } from './verdict.ts'

export const SOAK_TARGETS = ['ws', 'ws-text', 'ws-cache', 'socket-io', 'gin', 'gin-metrics', 'gin-goroutine'] as const
type Name = (typeof SOAK_TARGETS)[number]

export interface SoakDrillOptions {
  readonly targets: readonly Name[]
  readonly node: { readonly name: string; readonly program: string }
  readonly bytes: number
  /** Control: every server is a repaired one. */
  readonly isAllRepaired: boolean
}

interface Owner {
  after(step: () => unknown): void
}

interface Way {
  /** Modes of the server, and the exit codes they deserve. */
  readonly modes: readonly (readonly [mode: string, code: 0 | 1])[]
  /** What the language has beside the bytes that are kept. */
  readonly extraBytes: number
  start(owner: Owner, args: readonly string[], node: string): Promise<Target>
  url(target: Target): string
  watch(target: Target, folder: string): readonly string[]
}

const onWs = (leak: string, extraBytes: number): Way => ({
  ...{
    modes: [
      [leak, 1],
      ['repaired', 0],
    ],
    extraBytes,
  },
  start: (owner, args, node) => nodeTarget(owner, 'ws-target.js', args, node),
  url: ({ port }) => `ws://127.0.0.1:${port}/`,
  watch: ({ pid }) => ['--pid', String(pid)],
})

const onGin = (leak: string, extraBytes: number, watch: Way['watch']): Way => ({
  ...{
    modes: [
      [leak, 1],
      ['repaired', 0],
    ],
    extraBytes,
    watch,
  },
  start: (owner, args) => ginTarget(owner, args),
  url: ({ port }) => `ws://127.0.0.1:${port}/ws`,
})

const WAYS: Readonly<Record<Name, Way>> = {
  ws: onWs('leak', 230),
  'ws-text': onWs('string', 60),
  'ws-cache': { ...onWs('cache', 0), modes: [['cache', 0]] },
  'socket-io': {
    ...onWs('leak', 250),
    start: (owner, args, node) => nodeTarget(owner, 'socket-io-target.js', args, node),
    url: ({ port }) => `ws://127.0.0.1:${port}/socket.io/?EIO=4&transport=websocket`,
    watch({ pid }, folder) {
      const script = join(folder, 'messages.txt')
      writeFileSync(script, 'expect 0{\n40\nexpect 40{\n42["message","hello"]\nexpect hello\n')
      return ['--pid', String(pid), '--messages', script]
    },
  },
  gin: onGin('leak', 80, ({ port }) => ['--pprof', `http://127.0.0.1:${port}`]),
  'gin-metrics': onGin('leak', 80, ({ port }) => ['--metrics', `http://127.0.0.1:${port}/metrics`]),
  // A stack of 2 KiB, the goroutine and its channel.
  'gin-goroutine': onGin('goroutine', 2_048 + 650, ({ port }) => ['--pprof', `http://127.0.0.1:${port}`]),
}

export async function drillSoak({ targets, node, bytes, isAllRepaired }: SoakDrillOptions): Promise<Verdict> {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-soak-'))
  const checks: Check[] = []
  const numbers: Record<string, unknown> = {}
  try {
    // A program in Go is the same on every Node.
    for (const name of targets.filter((target) => node.name === '20' || !target.startsWith('gin'))) {
      for (const [mode, code] of WAYS[name].modes) {
        const { report, ...seen } = await tried(
          WAYS[name],
          isAllRepaired ? 'repaired' : mode,
          bytes,
          node.program,
          folder,
        )
        checks.push(exactly(`${name}, ${mode}: exit code`, seen.code, code))
        if (code === 1) {
          const wanted = bytes + WAYS[name].extraBytes
          const off = Math.abs(bytesOf(report) / wanted - 1) * 100
          checks.push(atMost(`${name}, ${mode}: ${Math.round(bytesOf(report))} bytes each, off by`, off, 15, ' %'))
        }
        numbers[`${name}, ${mode}`] = `${report.verdict.sentence} (${Math.round(report.durationMs / 1_000)} s)`
      }
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
  return { drill: `soak, Node ${node.name}`, checks, numbers }
}

async function tried(way: Way, mode: string, bytes: number, node: string, folder: string) {
  const steps: (() => unknown)[] = []
  try {
    const target = await way.start({ after: (step) => steps.push(step) }, [mode, String(bytes)], node)
    return await soaked(way.url(target), way.watch(target, folder), [])
  } finally {
    for (const step of steps) await step()
  }
}
