// npm run bench:wave: what a wave of connections costs while it is there and what it leaves behind, in resident memory.
// 15,000 idle connections come and go; Holdfast with everything on and each connection in a room, beside bare `ws`.
// Prints a table, writes results/wave.json. Ends with 0 when both bars are reached on every Node, 1 when not, 2 when it
// could not run. Each server is a process of its own, ended by its id.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as pause } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { buildLoad, nodeOf, requireHoldfast } from './install.js'
import { BENCH, describeMachine, lineOf, ROOT } from './machine.js'
import { endChild, pinned } from './run-peer.js'

const MIB = 1024 * 1024
const WARM_UP = 500
const HELD_SECONDS = 20
const AFTER_SECONDS = 30
const ANSWER_DEADLINE_MS = 30_000
/** While they are there: at most so much of what `ws` takes. */
const HELD_SHARE_MAX = 0.8
/** When they have left: at most so much more than before. Either will do. */
const LEFT_TIMES_MAX = 1.35
const LEFT_MORE_MAX = 20 * MIB

async function ask(child, question) {
  const answer = once(child, 'message', { signal: AbortSignal.timeout(ANSWER_DEADLINE_MS) })
  child.send(question)
  return (await answer)[0]
}

/** Opens so many, calls `held` when they have been open for `seconds`, and lets them go. */
async function wave(tool, port, { count, seconds, held }) {
  const args = ['idle', '--connections', String(count), '--hold', String(seconds + 3)]
  const [program, ...rest] = pinned([tool, ...args, '--port', String(port), '--path', '/wave'], null)
  const child = spawn(program, rest, { stdio: ['ignore', 'pipe', 'inherit'] })
  let reading = null
  let failure = null
  try {
    createInterface({ input: child.stdout }).on('line', (line) => {
      const said = JSON.parse(line)
      if (said.error !== undefined) failure = said.error
      else reading = pause(seconds * 1000).then(held)
      reading?.catch(() => {}) // awaited below
    })
    await once(child, 'close', { signal: AbortSignal.timeout((seconds + 90) * 1000) })
  } finally {
    await endChild(child)
  }
  if (failure !== null || reading === null) throw new Error(`the load generator: ${failure ?? 'said nothing'}`)
  return await reading
}

async function measure(tool, { peer, node, dist, connections }) {
  const [program, ...rest] = pinned([node, '--expose-gc', join(BENCH, 'wave-peer.js'), peer, dist], null)
  const child = spawn(program, rest, {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    env: { ...process.env, NODE_ENV: 'production', NODE_OPTIONS: '' },
  })
  try {
    const [{ port }] = await once(child, 'message', { signal: AbortSignal.timeout(ANSWER_DEADLINE_MS) })
    await wave(tool, port, { count: WARM_UP, seconds: 1, held: () => null })
    await pause(3_000)
    const warm = await ask(child, 'memory')
    const { held, alive } = await wave(tool, port, {
      count: connections,
      seconds: HELD_SECONDS,
      async held() {
        const now = await ask(child, 'memory')
        return { held: now, alive: await ask(child, 'collect') }
      },
    })
    await pause(AFTER_SECONDS * 1000)
    const left = await ask(child, 'memory')
    const empty = await ask(child, 'collect')
    const each = (after, before) => Math.round((after - before) / connections)
    return {
      heldBytesEach: each(held.rss, warm.rss),
      aliveBytesEach: each(alive.heapUsed + alive.external, empty.heapUsed + empty.external),
      warmBytes: warm.rss,
      heldBytes: held.rss,
      leftBytes: left.rss,
      aliveAfterBytes: empty.heapUsed + empty.external,
      reclaims: left.reclaims,
    }
  } finally {
    await endChild(child)
  }
}

function judge({ holdfast, ws }) {
  const share = holdfast.heldBytesEach / ws.heldBytesEach
  const { warmBytes, leftBytes } = holdfast
  return {
    heldShare: share,
    heldReached: share <= HELD_SHARE_MAX,
    leftTimes: leftBytes / warmBytes,
    leftReached: leftBytes <= warmBytes * LEFT_TIMES_MAX || leftBytes - warmBytes <= LEFT_MORE_MAX,
  }
}

const kib = (bytes) => (bytes / 1024).toFixed(2)
const mib = (bytes) => (bytes / MIB).toFixed(1)

function table(results) {
  const lines = [
    '| Node | server | RSS each, held (KiB) | alive each (KiB) | RSS warm (MiB) | held | left | left / warm | reclaims, pauses (ms) |',
    '| ---- | ------ | -------------------: | ---------------: | -------------: | ---: | ---: | ----------: | --------------------- |',
  ]
  for (const { version, runs } of results) {
    for (const [peer, run] of Object.entries(runs)) {
      const pauses = run.reclaims?.reports.map(({ pauseMs }) => Math.round(pauseMs)).join(', ') ?? '-'
      const cells = [version, peer, kib(run.heldBytesEach), kib(run.aliveBytesEach), mib(run.warmBytes)]
      const more = [mib(run.heldBytes), mib(run.leftBytes), (run.leftBytes / run.warmBytes).toFixed(2), pauses]
      lines.push(`| ${[...cells, ...more].join(' | ')} |`)
    }
  }
  for (const { version, verdict } of results) {
    const word = (reached) => (reached ? 'reached' : 'MISSED')
    lines.push(
      '',
      `${version}: held ${verdict.heldShare.toFixed(2)} of ws (bar ${HELD_SHARE_MAX}): ${word(verdict.heldReached)}; ` +
        `left ${verdict.leftTimes.toFixed(2)} x warm (bar ${LEFT_TIMES_MAX} or +20 MiB): ${word(verdict.leftReached)}`,
    )
  }
  return lines.join('\n')
}

try {
  const { values } = parseArgs({
    options: {
      node: { type: 'string', default: process.versions.node.split('.')[0] },
      connections: { type: 'string', default: '15000' },
      dist: { type: 'string' },
    },
  })
  const connections = Number(values.connections)
  if (!(connections >= 1_000 && connections <= 19_000)) throw new Error('--connections is a number from 1000 to 19000')
  if (values.dist === undefined) requireHoldfast()
  const dist = resolve(values.dist ?? join(ROOT, 'dist'))
  const tool = buildLoad()
  const results = []
  for (const major of values.node.split(',')) {
    const node = nodeOf(major)
    const runs = {}
    for (const peer of ['holdfast', 'ws']) {
      console.error(`Node ${major}, ${peer}: about a minute and a half`)
      runs[peer] = await measure(tool, { peer, node, dist, connections })
    }
    results.push({ major, version: lineOf(node, ['--version']), runs, verdict: judge(runs) })
  }
  const file = join(BENCH, 'results', 'wave.json')
  mkdirSync(dirname(file), { recursive: true })
  const run = { date: new Date().toISOString(), machine: describeMachine(), connections, results }
  writeFileSync(file, `${JSON.stringify(run, null, 1)}\n`)
  console.log(table(results))
  process.exitCode = results.every(({ verdict }) => verdict.heldReached && verdict.leftReached) ? 0 : 1
} catch (error) {
  console.error(`bench:wave: ${error.message}`)
  process.exitCode = 2
}
