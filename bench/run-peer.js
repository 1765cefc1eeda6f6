// One server process: started on its own core, used, and ended by its own process id, whatever happens in between.
// It lives exactly as long as the function given to `withPeer`. Never leaves a process behind, never ends one by name.
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { coresAllowed, fileLimits, lineOf } from './machine.js'

const START_DEADLINE_MS = 15_000
const END_DEADLINE_MS = 3_000
export const FILES_WANTED = 20_000

/** The command with what comes before it: the limit of open files where it is too low, and the core it is pinned to. */
export function pinned(command, core) {
  const { soft, hard } = fileLimits()
  const limit = soft < FILES_WANTED && lineOf('prlimit', ['--version']) !== null
  const files = Math.min(FILES_WANTED, hard)
  const pin = core !== null && lineOf('taskset', ['--version']) !== null
  return [
    ...(limit ? ['prlimit', `--nofile=${files}:${hard === Number.POSITIVE_INFINITY ? 'unlimited' : hard}`] : []),
    ...(pin ? ['taskset', '-c', String(core)] : []),
    ...command,
  ]
}

/** One core for the server and another for the generator; null where there is only one or nothing to pin with. */
export function chooseCores() {
  const cores = coresAllowed()
  if (cores.length < 2 || lineOf('taskset', ['--version']) === null) return { server: null, load: null }
  return { server: cores[0], load: cores[1] }
}

/** Ends a child by its id: asks, and insists when the deadline passes. */
export async function endChild(child) {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return
  const gone = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGTERM')
  const insist = setTimeout(() => child.kill('SIGKILL'), END_DEADLINE_MS)
  await gone
  clearTimeout(insist)
}

/** The first line of its output that is a JSON object with a port; rejects when it ends or the deadline passes before. */
async function announced(child, said) {
  const lines = createInterface({ input: child.stdout })
  const deadline = AbortSignal.timeout(START_DEADLINE_MS)
  try {
    return await new Promise((resolve, reject) => {
      lines.on('line', (line) => {
        if (!line.startsWith('{')) return
        const answer = JSON.parse(line)
        if (Number.isInteger(answer.port)) resolve(answer)
        else reject(new Error(`the server announced no port: ${line.slice(0, 200)}`))
      })
      child.on('error', reject)
      child.on('exit', (code, signal) => {
        const last =
          said
            .join('')
            .trim()
            .split('\n')
            .find((line) => /error/i.test(line)) ?? said.join('').slice(-200)
        reject(new Error(`the server ended before it listened (${code ?? signal}): ${last.trim()}`))
      })
      deadline.addEventListener('abort', () =>
        reject(new Error(`the server did not listen in ${START_DEADLINE_MS} ms`)),
      )
    })
  } finally {
    lines.close()
    child.stdout.resume()
  }
}

/**
 * Starts a peer, hands `{ port, pid, version }` to `use`, and ends it when that is over.
 * @param command program and arguments
 * @param signal ends the process early (the user pressed Ctrl-C)
 */
export async function withPeer(command, core, signal, use) {
  const [program, ...args] = pinned(command, core)
  const child = spawn(program, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NODE_ENV: 'production', NODE_OPTIONS: '' },
    signal,
  })
  const said = []
  child.stderr.setEncoding('utf8').on('data', (text) => said.length < 100 && said.push(text))
  try {
    const { port, version = null } = await announced(child, said)
    child.on('error', () => {}) // an abort after this is seen by `use`, which has the same signal
    return await use({ port, version, pid: child.pid })
  } finally {
    await endChild(child)
  }
}
