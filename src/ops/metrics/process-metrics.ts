/**
 * The figures of this process: memory, heap, event loop, collections, processor, descriptors. What is dear to read (the mappings of the
 * memory, the folder of descriptors) is read at most every ten seconds, beside the event loop.
 *
 * Owned by whoever made it. Ends with `end()`: no timer, no observer.
 */
import { readFile } from 'node:fs/promises'
import type { Clock } from '../../base/clock.ts'
import type { MemoryAccounts } from '../../diagnose/memory/accounts.ts'
import { readMemory } from '../../diagnose/memory/read-memory.ts'
import { openFiles } from '../../resilience/open-files.ts'
import { heapFigures } from '../../rollout/heap-figures.ts'
import { versionOf } from '../package-version.ts'
import { type MetricFigures, type MutableFigures, put } from './figures.ts'
import { GcPauses } from './gc-pauses.ts'
import { LoopDelay } from './loop-delay.ts'

const DEAR_MS = 10_000
const OWN_OPTIONS = [process.env.NODE_OPTIONS ?? '', ...process.execArgv].join(' ')

interface Dear {
  readonly accounts: MemoryAccounts
  /** Null where there is no /proc. */
  readonly openFiles: number | null
}

export class ProcessMetrics {
  readonly #clock: Clock
  readonly #version = versionOf()
  readonly #startedAt: number
  readonly #loop: LoopDelay
  readonly #gc = new GcPauses()
  readonly #filesMax = maxFiles()
  #dear: Promise<Dear> | null = null
  #dearAt = Number.NEGATIVE_INFINITY

  constructor(clock: Clock) {
    this.#clock = clock
    this.#startedAt = clock.wallNow() / 1_000 - process.uptime()
    this.#loop = new LoopDelay(clock)
  }

  async figures(): Promise<MetricFigures> {
    const { accounts, openFiles } = await this.#readDear()
    const filesMax = await this.#filesMax
    const figures: MutableFigures = {}
    for (const [account, bytes] of Object.entries(accounts)) put(figures, 'holdfast_memory_bytes', bytes, { account })
    put(figures, 'holdfast_event_loop_delay_seconds', this.#loop.figures())
    for (const [kind, pauses] of Object.entries(this.#gc.figures())) {
      put(figures, 'holdfast_gc_pause_seconds', pauses, { kind })
    }
    const { heapLimitBytes, oldBytes, oldLimitBytes } = heapFigures(OWN_OPTIONS)
    put(figures, 'holdfast_heap_limit_bytes', heapLimitBytes)
    put(figures, 'holdfast_old_generation_bytes', oldBytes)
    put(figures, 'holdfast_old_generation_limit_bytes', oldLimitBytes)
    put(figures, 'holdfast_build_info', 1, { version: this.#version, node: process.version })
    const { user, system } = process.cpuUsage()
    put(figures, 'process_cpu_seconds_total', (user + system) / 1e6)
    put(figures, 'process_cpu_user_seconds_total', user / 1e6)
    put(figures, 'process_cpu_system_seconds_total', system / 1e6)
    put(figures, 'process_resident_memory_bytes', process.memoryUsage.rss())
    put(figures, 'process_start_time_seconds', this.#startedAt)
    if (openFiles !== null) put(figures, 'process_open_fds', openFiles)
    if (filesMax !== null) put(figures, 'process_max_fds', filesMax)
    return figures
  }

  end(): void {
    this.#loop.end()
    this.#gc.end()
  }

  #readDear(): Promise<Dear> {
    const now = this.#clock.now()
    if (this.#dear === null || now - this.#dearAt >= DEAR_MS) {
      this.#dearAt = now
      this.#dear = readDear()
    }
    return this.#dear
  }
}

async function readDear(): Promise<Dear> {
  const [{ accounts }, openFiles] = await Promise.all([readMemory(), countFiles()])
  return { accounts, openFiles }
}

async function countFiles(): Promise<number | null> {
  try {
    return await openFiles()
  } catch {
    return null
  }
}

async function maxFiles(): Promise<number | null> {
  const limits = await readFile('/proc/self/limits', 'latin1').catch(() => '')
  const max = /^Max open files\s+(\d+)/m.exec(limits)?.[1]
  return max === undefined ? null : Number(max)
}
