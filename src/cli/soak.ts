/**
 * `holdfast soak`: leak or plateau, for any WebSocket server in any language. Connections come, talk and leave in rounds; the memory
 * of the target says whether anything of them stays. Exit 0: plateau. 1: leak. 2: it could not tell, or not run.
 */
import { readFileSync } from 'node:fs'
import { systemClock } from '../base/clock.ts'
import { messageOf } from '../base/errors.ts'
import { readOptions } from '../base/options.ts'
import { type DialTarget, targetOf } from '../diagnose/dial/dial-target.ts'
import { clusterNote } from '../diagnose/inspect/cluster.ts'
import { fitProcess } from '../diagnose/inspect/fit-process.ts'
import { listensNot } from '../diagnose/inspect/listening.ts'
import { isNode, processFacts } from '../diagnose/inspect/process-facts.ts'
import { bytesInAll, count } from '../diagnose/soak/figures.ts'
import { allSources, type MemorySource } from '../diagnose/soak/memory-source.ts'
import { metricsSource } from '../diagnose/soak/metrics-source.ts'
import { nodeSource } from '../diagnose/soak/node-source.ts'
import { pprofSource } from '../diagnose/soak/pprof-source.ts'
import { roundsSaid } from '../diagnose/soak/rounds-said.ts'
import { rssSource } from '../diagnose/soak/rss-source.ts'
import { NO_SCRIPT, readScript, type Step } from '../diagnose/soak/script.ts'
import { type SoakRequest, soak } from '../diagnose/soak/soak.ts'
import { SOAK_OPTIONS } from '../diagnose/soak/soak-options.ts'
import { soakPage } from '../diagnose/soak/soak-page.ts'
import type { SoakReport } from '../diagnose/soak/soak-report.ts'
import { LEAVES, type Leave } from '../diagnose/soak/visitor.ts'
import { FileLimit } from '../resilience/file-limit.ts'
import type { Command, ExitCode, Terminal } from './command.ts'
import { type Flags, type Given, readFlags, UsageError } from './flags.ts'
import { requireWritable, writeOutput } from './output-file.ts'
import { shownCommand, shownUrl } from './shown-command.ts'
import { SoakScreen } from './soak-screen.ts'
import { stopSignal } from './stop-signal.ts'

const FLAGS: Flags = {
  pid: { value: 'PID', about: "watch this process: RSS, and Node's heap after collection through its inspector" },
  'rss-only': { about: 'with --pid: only RSS, and no signal to a Node process' },
  pprof: { value: 'URL', about: 'watch the heap profile of a Go program (http://HOST:6060)' },
  metrics: { value: 'URL', about: 'watch what it tells Prometheus (http://HOST:9090/metrics)' },
  metric: { value: 'NAME', about: 'which metric (a heap and the resident memory, by their usual names)' },
  connections: { value: 'N', about: 'connections of each round, open at the same time (200)' },
  rounds: { value: 'N', about: 'rounds that are judged (20; 40 where garbage is in the samples)' },
  warmup: { value: 'N', about: 'rounds before those (4)' },
  leave: { value: 'WAYS', about: 'how they leave, in turn: close, reset, vanish (close,reset)' },
  messages: { value: 'FILE', about: 'what each says: a line is a message, or "expect TEXT", "wait TIME" (a ping)' },
  header: { value: 'LINE', many: true, about: 'a header of the upgrade, "Name: value"' },
  subprotocol: { value: 'NAME', many: true, about: 'a subprotocol to offer' },
  insecure: { about: 'with wss: accept a certificate that nobody vouches for' },
  rate: { value: 'N', about: 'new connections in a second at most (as fast as they are answered)' },
  'at-once': { value: 'N', about: 'so many are being opened at once (50)' },
  settle: { value: 'TIME', about: 'how long it is quiet before memory is sampled (1s)' },
  cooldown: { value: 'TIME', about: 'how long a leak may take to go away by itself (10s)' },
  patience: { value: 'TIME', about: 'how long the server may hold vanished connections (60s)' },
  'open-timeout': { value: 'TIME', about: 'how long a connection may take to be open (10s)' },
  'answer-timeout': { value: 'TIME', about: 'how long each expected answer may take (10s)' },
  tolerance: { value: 'BYTES', about: 'growth for each connection that counts as none (64; 1024 for RSS and metrics)' },
  html: { value: 'FILE', about: 'write a page with plots' },
  json: { about: 'print all there is, as JSON' },
}

const WHY_FLAG: Flags = { why: { about: 'when a Node process leaks, go on and name the cause' } }
const SOCKETS_MAX = 15_000

const MORE = [
  'Examples:',
  '  pgrep -a node                                                which process it is',
  '  holdfast soak ws://127.0.0.1:8080/ --pid 12345               a Node server, or RSS of any other',
  '  holdfast soak ws://127.0.0.1:8080/ --pid 12345 --messages hello.txt --why --html soak.html',
  '  holdfast soak ws://127.0.0.1:8080/ws --pprof http://127.0.0.1:8080    a Go server, on any system',
  '',
  'LEAK            memory grows with each connection that has come and gone; --why names the cause in a Node process',
  'PLATEAU         it does not',
  'COULD NOT TELL  neither is certain; more --connections tell more',
  '',
  'Exit code 0: plateau. 1: leak. 2: it could not tell, or not run.',
  '--pid is for Linux only; elsewhere --pprof and --metrics.',
]

/** Names the cause of a leak in a Node process; `round` lets more connections come and go. */
export type NameCause = (
  pid: number,
  round: () => Promise<void>,
  terminal: Terminal,
  signal: AbortSignal,
) => Promise<readonly string[]>

/** @param nameCause null: there is no flag `--why` */
export function soakCommand(nameCause: NameCause | null): Command {
  const flags = nameCause === null ? FLAGS : { ...FLAGS, ...WHY_FLAG }
  return {
    usage: 'ws://HOST/path [--pid PID]',
    about: 'Lets connections come and go, and tells leak or plateau, for any server in any language.',
    flags,
    more: MORE,
    run: async (args, terminal) => run(readFlags(args, flags, 'soak'), terminal, nameCause),
  }
}

async function run(given: Given, terminal: Terminal, nameCause: NameCause | null): Promise<ExitCode> {
  const html = given.text('html')
  const signal = stopSignal(terminal)
  // Everything that can be wrong with what was given is found before anything is sent to the target.
  const plan = planOf(given, signal)
  const pid = pidOf(given)
  if (given.on('why')) requireNode(pid, terminal)
  if (html !== undefined) requireWritable('--html', html)
  // While it opens an inspector and closes it again, nothing else need keep the process alive.
  const hold = systemClock.hold()
  try {
    const source = await sourceOf(given, terminal, signal)
    try {
      return await runWith(source)
    } finally {
      await source.end()
    }
  } finally {
    hold.cancel()
  }

  async function runWith(source: MemorySource): Promise<ExitCode> {
    const screen = new SoakScreen(terminal, source.series, given.on('json'))
    const name = async (round: () => Promise<void>): Promise<readonly string[]> => {
      // What it says next would be drawn over.
      screen.leave()
      return nameCause !== null && pid !== null ? await nameCause(pid, round, terminal, signal).catch(noCause) : []
    }
    const why = given.on('why') ? { why: name } : {}
    const report = await soak({ ...plan, source, ...why, onProgress: (progress) => screen.show(progress) }).finally(
      () => screen.clear(),
    )
    if (given.on('json')) terminal.out(JSON.stringify(report))
    else for (const line of linesOf(report, terminal.draw === null ? [] : screen.chart())) terminal.out(line)
    const isWritten = html === undefined || writeOutput('--html', html, soakPage(report), terminal)
    return isWritten ? EXIT[report.verdict.outcome] : 2
  }
}

const EXIT: Readonly<Record<SoakReport['verdict']['outcome'], ExitCode>> = { plateau: 0, leak: 1, unclear: 2 }

/** The verdict stands all the same. */
function noCause(thrown: unknown): readonly string[] {
  return [`no cause is named: ${messageOf(thrown)}`]
}

type Plan = Omit<SoakRequest, 'source' | 'onProgress'>

/** @throws UsageError, HoldfastError */
function planOf(given: Given, signal: AbortSignal): Plan {
  const [url, ...more] = given.words
  if (url === undefined || more.length > 0) throw new UsageError('wanted one URL: holdfast soak ws://HOST/path')
  const target = targetOf(url, {
    ...{ protocols: given.texts('subprotocol'), headers: given.texts('header').map(headerOf) },
    anyCertificate: given.on('insecure'),
  })
  const options = readOptions('holdfast soak', SOAK_OPTIONS, {
    ...{ rounds: given.number('rounds'), warmup: given.number('warmup'), connections: given.number('connections') },
    ...{ rate: given.number('rate'), atOnce: given.number('at-once'), toleranceBytes: given.number('tolerance') },
    ...{ settleMs: given.duration('settle'), cooldownMs: given.duration('cooldown') },
    ...{ patienceMs: given.duration('patience'), openTimeoutMs: given.duration('open-timeout') },
    answerTimeoutMs: given.duration('answer-timeout'),
  })
  const script = scriptOf(given)
  const plan = { url: shownUrl(url), target, options, leaves: leavesOf(given), script, signal }
  const said = {
    command: shownCommand('soak', given, { ...FLAGS, ...WHY_FLAG }),
    notes: notesOf(target, pidOf(given), script),
  }
  return { ...plan, ...said, clock: systemClock, socketsMax: socketsMax(options.connections) }
}

/** What a PLATEAU must not stand there without. */
function notesOf({ host, port }: DialTarget, pid: number | null, script: readonly Step[]): string[] {
  const isHere = /^(localhost|127\..*|::1|0\.0\.0\.0)$/i.test(host) && process.platform === 'linux'
  const other = isHere && pid !== null ? (clusterNote(pid) ?? listensNot(pid, port)) : null
  return [
    ...(other === null ? [] : [other]),
    ...(script === NO_SCRIPT
      ? ['each connection only sent a ping; if yours begin with a message, give --messages FILE']
      : []),
  ]
}

function headerOf(line: string): readonly [string, string] {
  const colon = line.indexOf(':')
  if (colon < 1) throw new UsageError(`--header "${line}": wanted "Name: value"`)
  return [line.slice(0, colon).trim(), line.slice(colon + 1).trim()]
}

function leavesOf(given: Given): readonly Leave[] {
  const names = (given.text('leave') ?? 'close,reset').split(',').map((name) => name.trim())
  return names.map((name) => {
    const known = LEAVES.find((leave) => leave === name)
    if (known === undefined) throw new UsageError(`--leave ${name}: wanted some of ${LEAVES.join(', ')}`)
    return known
  })
}

function scriptOf(given: Given): readonly Step[] {
  const file = given.text('messages')
  if (file === undefined) return NO_SCRIPT
  try {
    return readScript(readFileSync(file, 'utf8'), file)
  } catch (thrown) {
    const { code, message } = thrown as NodeJS.ErrnoException
    throw code?.startsWith('HF_') ? thrown : new UsageError(`--messages ${file}: ${message}`)
  }
}

function socketsMax(connections: number): number {
  const limit = FileLimit.read()
  const most = limit === null ? SOCKETS_MAX : Math.min(SOCKETS_MAX, limit.max - limit.reserve)
  if (connections <= most) return most
  throw new UsageError(`--connections ${connections}: this process may open ${limit?.max} files (ulimit -n)`)
}

/** Before anything is sent to the target. @throws UsageError, HoldfastError HF_PROCESS_UNFIT */
function requireNode(pid: number | null, terminal: Terminal): void {
  if (pid === null) throw new UsageError('--why wants --pid PID of a Node process')
  fitProcess(pid)
  terminal.note(`--why: if it leaks, process ${pid} stands still three times, each time for a snapshot of its heap`)
}

function pidOf(given: Given): number | null {
  const pid = given.number('pid')
  if (pid !== undefined && (!Number.isInteger(pid) || pid < 1)) throw new UsageError(`--pid ${pid}: wanted a process`)
  return pid ?? null
}

/** @throws UsageError when nothing is to be watched; HoldfastError when it cannot be */
async function sourceOf(given: Given, terminal: Terminal, signal: AbortSignal): Promise<MemorySource> {
  const [pid, pprof, metrics] = [pidOf(given), given.text('pprof'), given.text('metrics')]
  if (metrics === undefined && given.text('metric') !== undefined)
    throw new UsageError('--metric goes with --metrics URL')
  if (pid === null && pprof === undefined && metrics === undefined) {
    throw new UsageError('nothing to watch: wanted --pid PID, --pprof URL or --metrics URL')
  }
  const sources: MemorySource[] = []
  // The process last: what fails before leaves it alone.
  if (pprof !== undefined) sources.push(await pprofSource(pprof, systemClock))
  if (metrics !== undefined) sources.push(await metricsSource(metrics, given.text('metric') ?? null, systemClock))
  if (pid !== null) sources.push(await processSource(pid, given.on('rss-only'), terminal, signal))
  return allSources(sources)
}

async function processSource(
  pid: number,
  isRssOnly: boolean,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<MemorySource> {
  const facts = processFacts(pid)
  if (isRssOnly || facts === null || !isNode(facts)) return rssSource(pid)
  const source = await nodeSource(pid, systemClock, { signal, note: terminal.note })
  const where = `the inspector of process ${pid} on port ${source.port}`
  terminal.note(source.wasOpen ? `${where} is open already, and stays so` : `opened ${where}; it is closed at the end`)
  return source
}

function linesOf(report: SoakReport, chart: readonly string[]): string[] {
  const { verdict, notes, durationMs, problems, grown, why, source } = report
  const seconds = Math.round(durationMs / 1_000)
  return [
    ...chart,
    verdict.sentence,
    ...notes.map((line) => `  note: ${line}`),
    ...verdict.details.map((line) => `  ${line}`),
    `  ${roundsSaid(report)}; ${seconds} s; watched: ${source}`,
    ...grown.map(({ place, bytes }) => `  allocated at ${place}: ${bytesInAll(bytes)} more than before`),
    ...Object.entries(problems).map(([said, times]) => `  ${count(times)} times: ${said}`),
    ...why,
  ]
}
