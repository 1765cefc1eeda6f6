/**
 * Examines a snapshot in a process of its own, so that whoever asks goes on meanwhile.
 *
 * A process and not a worker thread: the columns of a large snapshot are gigabytes outside of V8's heap, which no limit of a
 * thread bounds; when memory runs out, the kernel ends that process and not the one that serves; and its memory is given
 * back for certain. It runs at low priority, and begins without what this process was told to load.
 *
 * Owned by whoever asks. It ends with its answer, its deadline, its signal, or with this process.
 */
import { type ChildProcess, fork, type StdioOptions } from 'node:child_process'
import { extname } from 'node:path'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { type Clock, systemClock } from '../../base/clock.ts'
import { HoldfastError } from '../../base/errors.ts'
import type { Finding } from '../doctor/finding.ts'
import type { ExamineProgress, ExamineRequest, ExamineWord } from './examine-words.ts'
import { invalidSnapshot } from './invalid-snapshot.ts'

const IS_SOURCE = extname(import.meta.url) === '.ts'
const ENTRY = fileURLToPath(new URL(`examine-main${extname(import.meta.url)}`, import.meta.url))
/** What the descriptor of a file is in there, behind the three of every process and the channel. */
const FILE = 4
/** Kept of what it says before it fails. */
const LAST_WORDS_MAX = 2_000

export interface ExamineOptions {
  /** When it is ended, done or not. */
  readonly deadlineMs: number
  readonly signal?: AbortSignal
  /** Called now and then. What it throws ends the examination. */
  readonly progress?: (progress: ExamineProgress) => void
  readonly clock?: Clock
}

/**
 * @throws HoldfastError HF_SNAPSHOT_INVALID for a file that is none; HF_EXAMINE_FAILED when the process ends, or the
 * deadline has passed; the reason of the signal
 */
export function examine(
  { file, folder }: ExamineRequest,
  { deadlineMs, signal, progress, clock = systemClock }: ExamineOptions,
): Promise<Finding> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason)
    const child = begin(file)
    let outcome: (() => void) | null = null
    let lastWords = ''
    /** Decides what comes of it; it is told when the process has ended. */
    const end = (how: () => void) => {
      outcome ??= how
      child.kill('SIGKILL')
    }
    const fail = (error: unknown) => end(() => reject(error))
    const abort = () => fail(signal?.reason)
    const timer = clock.after(deadlineMs, () => fail(overdue(deadlineMs)))
    signal?.addEventListener('abort', abort, { once: true })
    void listen(child.stderr, (text) => {
      lastWords = (lastWords + text).slice(-LAST_WORDS_MAX)
    })
    child.on('message', (word: ExamineWord) => {
      if (word.kind === 'done') end(() => resolve(word.finding))
      else if (word.kind === 'invalid') fail(invalidSnapshot(word.seen, word.offset, word.wanted))
      else if (word.kind === 'failed') fail(failed(word.reason))
      else report(word.progress)
    })
    const over = (reason: string) => {
      timer.cancel()
      signal?.removeEventListener('abort', abort)
      if (outcome === null) reject(failed(reason))
      else outcome()
    }
    child.on('error', (error) => {
      if (child.pid === undefined) over(error.message)
    })
    child.on('close', (code, killedBy) => over(`its process ended by ${killedBy ?? `exit ${code}`}${said(lastWords)}`))
    const request: ExamineRequest = { file: typeof file === 'number' ? FILE : file, folder }
    child.send(request, () => {})

    function report(done: ExamineProgress): void {
      try {
        progress?.(done)
      } catch (error) {
        fail(error)
      }
    }
  })
}

function begin(file: string | number): ChildProcess {
  // What compiles the sources, where they run uncompiled; no inspector, no profiler, no agent.
  const execArgv = IS_SOURCE ? process.execArgv.filter((option) => option.startsWith('--import=')) : []
  const { NODE_OPTIONS: _, ...env } = process.env
  const handedOver = typeof file === 'number' ? [file] : []
  const stdio: StdioOptions = ['ignore', 'ignore', 'pipe', 'ipc', ...handedOver]
  return fork(ENTRY, [], { execArgv, env, serialization: 'advanced', stdio })
}

async function listen(words: Readable | null, hear: (text: string) => void): Promise<void> {
  try {
    for await (const text of words?.setEncoding('utf8') ?? []) hear(text)
  } catch {
    // Its end is told by the process.
  }
}

/** Of a fatal error, the line that says what it was. */
function said(words: string): string {
  const line = words.split('\n').find((one) => /error|fatal/i.test(one)) ?? words.trim().split('\n').at(-1)
  return line === undefined || line === '' ? '' : `: ${line.trim()}`
}

function failed(reason: string): HoldfastError {
  return new HoldfastError('HF_EXAMINE_FAILED', {
    reason,
    wanted: 'a readable file, and memory of about its size',
    todo: 'look at the reason; a process that the kernel has ended has had too little memory',
  })
}

function overdue(ms: number): HoldfastError {
  return new HoldfastError('HF_EXAMINE_FAILED', {
    reason: `it took more than ${ms} ms`,
    wanted: 'it to be done by then',
    todo: 'give it more time',
  })
}
