/**
 * `holdfast status`: what a running supervisor says of itself and its workers, or a server in a process of its own. Exit 1 when it does
 * not take connections, or something is wrong with it.
 */
import { printableJson, printableLine } from '../base/printable.ts'
import { serves } from '../ops/health/supervisor-health.ts'
import type { KeptAutopsy } from '../rollout/autopsy-report.ts'
import type { RolloutStatus, WorkerStatus } from '../rollout/rollout-status.ts'
import { ADMIN_FLAG, adminPlace } from './admin-flags.ts'
import type { Command, ExitCode, Terminal } from './command.ts'
import { type Flags, readFlags, UsageError } from './flags.ts'
import { askStatus, type Counters, hindrancesOf, isSupervisor, type Status, troublesOf } from './glance.ts'
import { ago, connectionsIn, mebibytes } from './in-words.ts'

const FLAGS: Flags = { admin: ADMIN_FLAG, json: { about: 'print all there is, as JSON' } }

type ServerStatus = Exclude<Status, RolloutStatus>

async function run(args: readonly string[], terminal: Terminal): Promise<ExitCode> {
  const given = readFlags(args, FLAGS, 'status')
  if (given.words.length > 0) throw new UsageError(`it takes no words, only flags: ${given.words.join(' ')}`)
  const status = await askStatus({ place: adminPlace(given.text('admin')), token: terminal.env.HOLDFAST_ADMIN_TOKEN })
  if (given.on('json')) terminal.out(printableJson(status))
  // Whose server it is nobody knows.
  else for (const line of linesOf(status)) terminal.out(printableLine(line))
  return isWell(status) ? 0 : 1
}

function linesOf(status: Status): string[] {
  return isSupervisor(status) ? supervisorLines(status) : serverLines(status)
}

function isWell(status: Status): boolean {
  if (!isSupervisor(status)) {
    return status.ready && hindrancesOf(status).length === 0 && status.ledger.imbalances.length === 0
  }
  const { workers, givenUp } = status
  const takes = workers.some((worker) => serves(worker) && troublesOf([worker]).length === 0)
  const isStuck = troublesOf(workers.map((worker) => ({ ...worker, notReady: [] }))).length > 0
  return (
    takes && hindrancesOf(status).length === 0 && !isStuck && givenUp.length === 0 && imbalancesOf(workers).length === 0
  )
}

function imbalancesOf(workers: readonly WorkerStatus[]): string[] {
  return workers.flatMap(({ slot, imbalances = [] }) =>
    imbalances.map((law) => `worker ${slot}: the ledger does not balance: ${law}`),
  )
}

function serverLines(status: ServerStatus): string[] {
  const hindrances = hindrancesOf(status)
  const { ready, connections, uptimeMs, pid, rssBytes, heapUsedBytes, heapLimitBytes, ledger } = status
  return [
    `${ready && hindrances.length === 0 ? 'serving' : 'not ready'}, ${connectionsIn(connections)}, up ${ago(uptimeMs)} (${versionsOf(status)})`,
    ...hindrances,
    `pid ${pid}, memory ${mebibytes(rssBytes)}, heap ${shareOf(heapUsedBytes, heapLimitBytes)}`,
    trafficLine(ledger),
    ...ledger.imbalances.map((law) => `the ledger does not balance: ${law}`),
  ]
}

function supervisorLines(status: Status & RolloutStatus): string[] {
  const { state, listening, generation, connections, workers, givenUp, crashes, reloads, reloadsFailed, recycles } =
    status
  const hindrances = hindrancesOf(status)
  const shown = state === 'serving' && hindrances.length > 0 ? 'not ready' : state
  const at = listening === null ? 'no port yet' : `${listening.address} port ${listening.port}`
  return [
    `${shown} on ${at}, version ${generation}, ${connectionsIn(connections)}, up ${ago(status.uptimeMs)} (${versionsOf(status)})`,
    ...hindrances,
    'worker  pid      version  state     for     connections  memory    heap',
    ...workers.map(workerLine),
    ...givenUp.map(({ slot, reason }) => `${String(slot).padEnd(8)}given up: ${reason}`),
    ...(hindrances.length > 0 ? [] : troublesOf(workers)),
    ...imbalancesOf(workers),
    trafficLine(status.totals),
    ...progressLine(status),
    `reloads ${reloads} (${reloadsFailed} failed), recycles ${recycles}, crashes ${crashes}`,
    ...lastReloadLine(status),
    ...status.autopsies.map(autopsyLine),
  ]
}

function versionsOf({ holdfast, node }: Status): string {
  return `holdfast ${holdfast}, Node ${node}`
}

function trafficLine(counters: Readonly<Partial<Counters>>): string {
  const of = (name: keyof Counters): string => String(counters[name] ?? 0)
  const dropped = of('messagesDropped')
  const parts = [
    `accepted ${of('accepted')}, closed ${of('closed')}, refused ${of('refused')}, failed ${of('failed')}`,
    `messages ${of('messagesReceived')} in, ${of('messagesSent')} out`,
    ...(dropped === '0' ? [] : [`${dropped} dropped`]),
  ]
  return parts.join('; ')
}

function progressLine({ progress }: RolloutStatus): string[] {
  if (progress === null) return []
  const { generation, step, steps, phase, moved, total } = progress
  return [`version ${generation} is taking over: worker ${step} of ${steps}, ${phase}, ${moved} of ${total} moved`]
}

function lastReloadLine({ lastReload }: RolloutStatus): string[] {
  if (lastReload === null) return []
  if ('reason' in lastReload) return [`version ${lastReload.generation} did not take over: ${lastReload.reason}`]
  const { generation, moved, drained, durationMs } = lastReload
  const took = `${(durationMs / 1_000).toFixed(1)} s`
  return [`version ${generation} took over in ${took}: ${moved} moved, ${drained.total} drained`]
}

function autopsyLine({ slot, pid, generation, verdict, sentence }: KeptAutopsy): string {
  const said = verdict === 'clean' ? sentence : `${verdict}: ${sentence}`
  return `left in worker ${slot}, version ${generation} (pid ${pid}): ${said}`
}

function workerLine(worker: WorkerStatus): string {
  const { slot, pid, generation, state, stateMs, connections, rssBytes, heapUsedBytes, heapLimitBytes } = worker
  const cells: readonly (readonly [text: string, width: number])[] = [
    [String(slot), 8],
    [String(pid), 9],
    [String(generation), 9],
    [state, 10],
    [ago(stateMs), 8],
    [String(connections), 13],
    [mebibytes(rssBytes), 10],
    [shareOf(heapUsedBytes, heapLimitBytes), 0],
  ]
  return cells
    .map(([text, width]) => text.padEnd(width))
    .join('')
    .trimEnd()
}

function shareOf(used: number, limit: number): string {
  return limit === 0 ? '' : `${Math.round((used / limit) * 100)}%`
}

export const STATUS: Command = {
  usage: '[--admin 127.0.0.1:6060]',
  about: 'Tells how a running supervisor and its workers are, or a server in a process of its own.',
  flags: FLAGS,
  run,
}
