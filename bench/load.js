// Asks one question of one running server: calls the load generator on its own core and reads its JSON line. For the memory
// question it also reads the server's resident memory before the connections are opened and while they are held.
// Every process it starts has a deadline and is ended by its id.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { setTimeout as pause } from 'node:timers/promises'
import { IDLE_CONNECTIONS, IDLE_HOLD_SECONDS } from './questions.js'
import { endChild, pinned } from './run-peer.js'

/** What /proc counts processor time in; Linux shows user space 100 on every architecture Node runs on. */
const TICKS_PER_SECOND = 100
const SETTLE_MS = 300
const OPENING_DEADLINE_MS = 60_000

function residentBytes(pid) {
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) * 1024
}

/** Seconds of processor time a process has used up to now, all its threads. */
function cpuSecondsOf(pid) {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND
}

/** Runs the generator to its end. `onLine` sees each JSON line as it comes; the last one is the answer. */
async function generate(tool, args, { core, seconds, signal, onLine }) {
  const [program, ...rest] = pinned([tool, ...args], core)
  const child = spawn(program, rest, {
    stdio: ['ignore', 'pipe', 'ignore'],
    signal: AbortSignal.any([signal, AbortSignal.timeout(seconds * 1000 + OPENING_DEADLINE_MS)]),
  })
  let answer = null
  try {
    createInterface({ input: child.stdout }).on('line', (line) => {
      answer = JSON.parse(line)
      onLine?.(answer)
    })
    await once(child, 'close')
  } catch (error) {
    signal.throwIfAborted()
    if (error.name === 'AbortError') throw new Error('the load generator did not end in time')
    throw error
  } finally {
    await endChild(child)
  }
  if (answer === null) throw new Error('the load generator said nothing')
  if (answer.error !== undefined) throw new Error(answer.error)
  return answer
}

/** Memory: resident bytes while the connections are held, minus those of the server that has just begun to listen. */
async function askIdle(tool, args, { pid, ...how }) {
  await pause(SETTLE_MS)
  const beforeBytes = residentBytes(pid)
  let reading = null
  const answer = await generate(tool, args, {
    ...how,
    seconds: IDLE_HOLD_SECONDS,
    onLine: ({ open }) => {
      if (open === undefined) return
      // Near the end of the hold: what the server does in a quiet moment after a wave has been done by then.
      reading = pause(IDLE_HOLD_SECONDS * 800).then(() => residentBytes(pid))
      reading.catch(() => {}) // a server that died meanwhile is what `generate` reports
    },
  })
  if (reading === null) throw new Error('the load generator never said that all connections are open')
  const heldBytes = await reading
  return { ...answer, beforeBytes, heldBytes, rssPerConnectionBytes: (heldBytes - beforeBytes) / IDLE_CONNECTIONS }
}

/**
 * One run of one question against a server that listens.
 * @returns the generator's answer (`question.read` takes the number out of it), and how much of its core the server had:
 *   a server that shares it with other processes has less than 1, and its figure says little
 */
export async function ask(tool, question, { port, pid, core, seconds, signal }) {
  const args = [...question.args, '--port', String(port), '--path', question.path]
  if (question.group === 'idle') return await askIdle(tool, args, { pid, core, signal })
  // A server that has just started is compiled while it runs; nobody's figures should have that in them.
  const { warmupSeconds } = question
  await generate(tool, [...args, '--seconds', String(warmupSeconds)], { core, seconds: warmupSeconds, signal })
  const usedBefore = cpuSecondsOf(pid)
  const answer = await generate(tool, [...args, '--seconds', String(seconds)], { core, seconds, signal })
  return { ...answer, serverCpuShare: (cpuSecondsOf(pid) - usedBefore) / seconds }
}
