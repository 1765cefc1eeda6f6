/** `holdfast status`: what a running supervisor says of itself and its workers. Exit 1 when it does not take connections. */
import type { KeptAutopsy } from '../rollout/autopsy-report.ts'
import type { RolloutStatus, WorkerStatus } from '../rollout/rollout-status.ts'
import { ADMIN_FLAG, adminPlace } from './admin-flags.ts'
import { askOnce } from './ask-admin.ts'
import type { Command, ExitCode, Terminal } from './command.ts'
import { type Flags, readFlags, UsageError } from './flags.ts'

const FLAGS: Flags = { admin: ADMIN_FLAG, json: { about: 'print all there is, as JSON' } }

async function run(args: readonly string[], terminal: Terminal): Promise<ExitCode> {
  const given = readFlags(args, FLAGS, 'status')
  if (given.words.length > 0) throw new UsageError(`it takes no words, only flags: ${given.words.join(' ')}`)
  const status = (await askOnce({
    ...{ place: adminPlace(given.text('admin')), method: 'GET', path: '/status' },
    token: terminal.env.HOLDFAST_ADMIN_TOKEN,
  })) as unknown as RolloutStatus
  if (given.on('json')) terminal.out(JSON.stringify(status))
  else for (const line of linesOf(status)) terminal.out(line)
  const serves = status.workers.some(({ state }) => state === 'serving' || state === 'moving')
  return serves && status.givenUp.length === 0 ? 0 : 1
}

function linesOf(status: RolloutStatus): string[] {
  const { state, listening, generation, connections, workers, givenUp, crashes, reloads, reloadsFailed, recycles } =
    status
  const at = listening === null ? 'no port yet' : `${listening.address} port ${listening.port}`
  return [
    `${state} on ${at}, version ${generation}, ${connections} connections, up ${ago(status.uptimeMs)}`,
    'worker  pid      version  state     for     connections  memory    heap',
    ...workers.map(workerLine),
    ...givenUp.map(({ slot, reason }) => `${String(slot).padEnd(8)}given up: ${reason}`),
    `reloads ${reloads} (${reloadsFailed} failed), recycles ${recycles}, crashes ${crashes}`,
    ...status.autopsies.map(autopsyLine),
  ]
}

function autopsyLine({ slot, pid, generation, verdict, sentence }: KeptAutopsy): string {
  const said = verdict === 'clean' ? sentence : `${verdict}: ${sentence}`
  return `left in worker ${slot}, version ${generation} (pid ${pid}): ${said}`
}

function workerLine(worker: WorkerStatus): string {
  const { slot, pid, generation, state, stateMs, connections, rssBytes, heapUsedBytes, heapLimitBytes } = worker
  const heap = heapLimitBytes === 0 ? '' : `${Math.round((heapUsedBytes / heapLimitBytes) * 100)}%`
  const cells: readonly (readonly [text: string, width: number])[] = [
    [String(slot), 8],
    [String(pid), 9],
    [String(generation), 9],
    [state, 10],
    [ago(stateMs), 8],
    [String(connections), 13],
    [`${Math.round(rssBytes / 2 ** 20)} MiB`, 10],
    [heap, 0],
  ]
  return cells
    .map(([text, width]) => text.padEnd(width))
    .join('')
    .trimEnd()
}

function ago(ms: number): string {
  if (ms < 60_000) return `${Math.round(ms / 1_000)}s`
  if (ms < 3_600_000) return `${Math.round(ms / 60_000)}m`
  return `${Math.round(ms / 3_600_000)}h`
}

export const STATUS: Command = {
  usage: '[--admin 127.0.0.1:6060]',
  about: 'Tells how a running supervisor and its workers are.',
  flags: FLAGS,
  run,
}
