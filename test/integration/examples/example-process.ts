/**
 * Runs an example as a user would: in a process of its own. Owned by one test; ends when that stops it, and at the latest
 * with that test's process.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

const START_DEADLINE_MS = 20_000
const STOP_DEADLINE_MS = 20_000
/** The last line each of them prints. */
const READY = /\/(echo|news|prices|notify)\b/

export interface ExampleProcess {
  readonly port: number
  /** What it printed until it was ready. */
  readonly printed: string
  /** Sends the signal and waits for the exit: its code, or the signal's name when the signal killed it. */
  stop(signal?: 'SIGINT' | 'SIGTERM'): Promise<number | string>
}

export interface Finished {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Starts it and waits until it has printed the last of its URLs. */
export async function startExample(path: string, args: readonly string[] = []): Promise<ExampleProcess> {
  const child = run(path, args)
  const output = collect(child)
  const printed = await new Promise<string>((resolve, reject) => {
    const timer = setTimeout(settle, START_DEADLINE_MS)
    function settle(): void {
      clearTimeout(timer)
      child.stdout?.off('data', look)
      child.off('exit', settle)
      if (READY.test(output.stdout())) resolve(output.stdout())
      else reject(new Error(`${path} did not start: ${output.stdout()}${output.stderr()}`))
    }
    function look(): void {
      if (READY.test(output.stdout())) settle()
    }
    child.stdout?.on('data', look)
    child.once('exit', settle)
  })
  const port = Number(/localhost:(\d+)/.exec(printed)?.[1])

  async function stop(signal: 'SIGINT' | 'SIGTERM' = 'SIGTERM'): Promise<number | string> {
    if (child.exitCode === null && child.signalCode === null) {
      const exited = once(child, 'exit', { signal: AbortSignal.timeout(STOP_DEADLINE_MS) })
      child.kill(signal)
      await exited.catch(() => child.kill('SIGKILL'))
    }
    return child.exitCode ?? child.signalCode ?? 'still running: killed'
  }
  return { port, printed, stop }
}

/** Runs it to its own end. */
export async function finishExample(path: string, args: readonly string[]): Promise<Finished> {
  const child = run(path, args)
  const output = collect(child)
  await once(child, 'close', { signal: AbortSignal.timeout(START_DEADLINE_MS) }).finally(() => child.kill('SIGKILL'))
  return { code: child.exitCode, stdout: output.stdout(), stderr: output.stderr() }
}

function run(path: string, args: readonly string[]): ChildProcess {
  const file = fileURLToPath(new URL(`../../../examples/${path}`, import.meta.url))
  const { PORT: _port, HOST: _host, ...env } = process.env
  return spawn(process.execPath, [file, ...args], { env })
}

function collect(child: ChildProcess): { stdout: () => string; stderr: () => string } {
  let stdout = ''
  let stderr = ''
  child.stdout?.on('data', (chunk) => {
    stdout += chunk
  })
  child.stderr?.on('data', (chunk) => {
    stderr += chunk
  })
  return { stdout: () => stdout, stderr: () => stderr }
}
