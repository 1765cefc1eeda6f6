/**
 * `holdfast run app.js`: the supervisor of an app, in this process, and its admin port. Ends when the supervisor has ended:
 * by SIGTERM or SIGINT it drains, by a second one it ends at once; SIGHUP reloads.
 */

import { extname } from 'node:path'
import { systemClock } from '../base/clock.ts'
import { HoldfastError, messageOf } from '../base/errors.ts'
import type { AdminPort } from '../ops/admin-listener.ts'
import { ReadyWatch } from '../ops/health/ready-watch.ts'
import type { RunLogSettings } from '../ops/logs/run-log-settings.ts'
import { SupervisorMetrics } from '../ops/metrics/supervisor-metrics.ts'
import { openSupervisorAdmin } from '../ops/supervisor-admin.ts'
import { Supervisor } from '../rollout/supervisor.ts'
import { adminPlace } from './admin-flags.ts'
import type { Command, ExitCode, Terminal } from './command.ts'
import { type Flags, type Given, readFlags, UsageError } from './flags.ts'
import { runLogOf } from './run-log.ts'
import { reportRun } from './run-report.ts'

const FLAGS: Flags = {
  port: { value: 'PORT', about: 'the port to listen on (8080)' },
  host: { value: 'HOST', about: 'the address to listen on (all)' },
  admin: { value: 'HOST:PORT', about: 'where the admin port is to be, or "off" (127.0.0.1:6060)' },
  workers: { value: 'N', about: 'how many processes run the app (1)' },
  'start-timeout': { value: 'TIME', about: 'how long a worker may take to be ready (30s)' },
  'bind-timeout': { value: 'TIME', about: 'how long to try when the port is in use (60s)' },
  'drain-window': { value: 'TIME', about: 'spread the closes of a drain over so long (as the app says: 10s)' },
  'drain-timeout': { value: 'TIME', about: 'how long a drain may take, window included (as the app says: 30s)' },
  'busy-move': { value: 'TIME', about: 'how long a reload waits for running handlers (30s)' },
  'recycle-old-space': { value: 'PERCENT', about: 'replace a worker whose heap has been so full for a while (never)' },
  'recycle-max-age': { value: 'TIME', about: 'replace a worker that is so old (never)' },
  'recycle-pause': { value: 'TIME', about: 'at least so long between two of these (10m)' },
  'autopsy-timeout': {
    value: 'TIME',
    about: 'how long the look at what is left in a replaced worker may take; 0s: none (60s)',
  },
  'node-option': { value: 'OPTION', many: true, about: 'an option for Node, such as --max-old-space-size=512' },
  'max-old-space-size': { value: 'MIB', about: 'the same, for this one' },
  log: {
    value: 'FORM',
    about:
      'the log of supervisor and workers: "json" (ECS, to stdout), "pretty" (for people), or "brief": a few sentences of the supervisor (pretty in a terminal, otherwise brief)',
  },
  'log-level': { value: 'LEVEL', about: 'trace, debug, info, warn, error or fatal (info)' },
  'log-service': { value: 'NAME', about: 'the field service.name of the log (none)' },
  'log-without-messages': {
    about: 'leave out of the log what the app says in its errors: only class, code and lines of code',
  },
  json: { about: 'print what happens as JSON, one line each, instead of a log' },
}

const WORKER_LOGS = new URL(`../ops/logs/run-logs${extname(import.meta.url)}`, import.meta.url).href
const WORKER_ADMIN = new URL(`../ops/worker-admin${extname(import.meta.url)}`, import.meta.url).href

function supervisorOf(given: Given, log: RunLogSettings | null): Supervisor {
  const [file, ...more] = given.words
  if (file === undefined || more.length > 0) throw new UsageError('wanted one file: holdfast run app.js')
  const [windowMs, timeoutMs] = [given.duration('drain-window'), given.duration('drain-timeout')]
  if (windowMs !== undefined && timeoutMs !== undefined && windowMs > timeoutMs) {
    throw new UsageError(
      `--drain-window ${given.text('drain-window')}: wanted no more than --drain-timeout ${given.text('drain-timeout')}, in which it is`,
    )
  }
  const size = given.number('max-old-space-size')
  return new Supervisor(
    file,
    {
      ...{ port: given.number('port'), host: given.text('host'), workers: given.number('workers') },
      ...{ startTimeoutMs: given.duration('start-timeout'), bindTimeoutMs: given.duration('bind-timeout') },
      ...{ drainWindowMs: windowMs, drainTimeoutMs: timeoutMs },
      busyMoveMs: given.duration('busy-move'),
      recycleOldSpacePercent: given.number('recycle-old-space'),
      ...{ recycleMaxAgeMs: given.duration('recycle-max-age'), recyclePauseMs: given.duration('recycle-pause') },
      autopsyTimeoutMs: given.duration('autopsy-timeout'),
      nodeOptions: [...given.texts('node-option'), ...(size === undefined ? [] : [`--max-old-space-size=${size}`])],
    },
    {
      ...(given.text('admin') !== 'off' && { adminModule: WORKER_ADMIN }),
      ...(log !== null && { logs: { module: WORKER_LOGS, settings: log } }),
    },
  )
}

async function run(args: readonly string[], terminal: Terminal): Promise<ExitCode> {
  const given = readFlags(args, FLAGS, 'run')
  const log = runLogOf(given, terminal)
  const supervisor = supervisorOf(given, log)
  const report = await reportRun(supervisor, terminal, log, given.on('json'))
  // Ends with the supervisor.
  new ReadyWatch(supervisor, systemClock)
  const stop = (): void => {
    if (supervisor.stopping) supervisor.kill()
    else supervisor.drain()
  }
  terminal.onSignal('SIGTERM', stop)
  terminal.onSignal('SIGINT', stop)
  // What happened is told by the events of the supervisor.
  terminal.onSignal('SIGHUP', () => supervisor.reloadSoon())
  const admin = await openPort(given, supervisor, terminal)
  try {
    await supervisor.start()
  } catch (thrown) {
    await supervisor.ended
    await admin?.close()
    report.close()
    terminal.note(`holdfast run: ${messageOf(thrown)}`)
    return thrown instanceof HoldfastError && thrown.code === 'HF_WORKER_FAILED' ? 1 : 2
  }
  const { failed } = await supervisor.ended
  await admin?.close()
  report.close()
  return failed ? 1 : 0
}

/** The admin port, or null when there is to be none. @throws HoldfastError; then the supervisor has ended */
async function openPort(given: Given, supervisor: Supervisor, terminal: Terminal): Promise<AdminPort | null> {
  const where = given.text('admin')
  if (where === 'off') return null
  const metrics = new SupervisorMetrics(supervisor, systemClock)
  // It counts as long as the supervisor is there.
  void supervisor.ended.then(() => metrics.end())
  try {
    const { host, port } = adminPlace(where)
    const token = terminal.env.HOLDFAST_ADMIN_TOKEN ?? null
    const admin = await openSupervisorAdmin(supervisor, metrics, { host, port, token })
    if (given.on('json')) terminal.out(JSON.stringify({ event: 'admin', host: admin.host, port: admin.port }))
    return admin
  } catch (thrown) {
    supervisor.kill()
    if (!(thrown instanceof HoldfastError) || thrown.code !== 'HF_PORT_IN_USE') throw thrown
    throw new UsageError(
      `the admin port: ${thrown.message}; --admin HOST:PORT chooses another, --admin off does without`,
    )
  }
}

export const RUN: Command = {
  usage: 'app.js [--port 8080]',
  about: 'Runs an app in worker processes. SIGHUP reloads it, SIGTERM drains it.',
  flags: FLAGS,
  // A log that nobody reads any more must not keep a service from ending.
  unreadMs: 5_000,
  run,
}
