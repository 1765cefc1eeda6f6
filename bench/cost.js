// npm run bench:cost: what looking costs. The same library three times, in turn, in one run:
//
//   blind     the timeline is taken out of a copy of dist/, no admin port
//   plain     as it is installed, no admin port
//   watched   with the admin port open: census, work, timelines, memory and profiles look (nobody asks)
//
// Echo of 64 bytes, and what a connection takes in memory. Ends with 0 when `watched` has at least 97 % of the echo of `blind` and takes
// at most 200 bytes more, 1 when not, 2 when it could not run. Each server is a process of its own, ended by its id.
import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { buildLoad, nodeOf, requireHoldfast } from './install.js'
import { ask } from './load.js'
import { BENCH, ROOT } from './machine.js'
import { questionsFor } from './questions.js'
import { chooseCores, withPeer } from './run-peer.js'
import { median } from './stats.js'

const ECHO_SHARE_MIN = 0.97
const BYTES_MORE_MAX = 200
const CONNECTIONS = 4_000
const BYTES_DEADLINE_MS = 120_000
const DIST = join(ROOT, 'dist')
const BLIND = join(BENCH, '.work', 'blind')
const VARIANTS = [
  { name: 'blind', dist: BLIND, watched: false },
  { name: 'plain', dist: DIST, watched: false },
  { name: 'watched', dist: DIST, watched: true },
]
const NOTHING = { note: '{}', pinged: '{}', ponged: '{}' }

/** A copy of dist/ in which what writes the timeline does nothing. */
function makeBlind() {
  rmSync(BLIND, { recursive: true, force: true })
  mkdirSync(BLIND, { recursive: true })
  cpSync(DIST, BLIND, { recursive: true })
  const path = join(BLIND, 'connection', 'timeline.js')
  let code = readFileSync(path, 'utf8')
  for (const [name, body] of Object.entries(NOTHING)) {
    const before = code
    code = code.replace(
      new RegExp(`export function ${name}\\(([^)]*)\\) \\{\\n[\\s\\S]*?\\n\\}\\n`),
      `export function ${name}($1) ${body}\n`,
    )
    if (code === before) throw new Error(`dist/connection/timeline.js has no function ${name}`)
  }
  writeFileSync(path, code)
}

const peer = join(BENCH, 'cost-peer.js')

/** Of each variant, in turn: messages a second, and messages a second of processor time. */
async function echo(tool, node, question, { runs, seconds }) {
  const cores = chooseCores()
  const signal = new AbortController().signal
  const rounds = []
  for (let run = 0; run < runs; run++) {
    const round = {}
    // The order changes, so that nobody is always the one after the coldest.
    for (const { name, dist, watched } of VARIANTS.map((_, at) => VARIANTS[(at + run) % VARIANTS.length])) {
      round[name] = await withPeer([node, peer, dist, String(watched)], cores.server, signal, async ({ port, pid }) => {
        const answer = await ask(tool, question, { port, pid, core: cores.load, seconds, signal })
        return { wall: answer.messagesPerSecond, cpu: answer.messagesPerSecond / answer.serverCpuShare }
      })
    }
    rounds.push(round)
    console.error(
      `  ${question.id} ${run + 1}/${runs} ${VARIANTS.map(({ name }) => `${name} ${Math.round(round[name].wall)}`).join(', ')}`,
    )
  }
  return rounds
}

/** The middle of the ratios to `blind`, round by round. */
function ratio(rounds, name, field) {
  return median(rounds.map((round) => round[name][field] / round.blind[field]))
}

function bytes(node, { dist, watched }) {
  const args = ['--expose-gc', peer, dist, String(watched), '--bytes', String(CONNECTIONS)]
  return JSON.parse(execFileSync(node, args, { encoding: 'utf8', timeout: BYTES_DEADLINE_MS, killSignal: 'SIGKILL' }))
}

async function main() {
  const { values } = parseArgs({
    options: {
      nodes: { type: 'string', default: process.versions.node.split('.')[0] },
      runs: { type: 'string', default: '9' },
      seconds: { type: 'string', default: '2' },
    },
  })
  requireHoldfast()
  makeBlind()
  const tool = buildLoad()
  let reached = true
  const judge = (isReached) => {
    reached &&= isReached
    return isReached ? 'reached' : 'NOT REACHED'
  }
  for (const major of values.nodes.split(',')) {
    const node = nodeOf(major)
    for (const question of questionsFor(['echo-64x1', 'echo-64x16'])) {
      const rounds = await echo(tool, node, question, { runs: Number(values.runs), seconds: Number(values.seconds) })
      for (const name of ['plain', 'watched']) {
        const [wall, cpu] = ['wall', 'cpu'].map((field) => ratio(rounds, name, field))
        const verdict = name === 'watched' ? `, at least ${ECHO_SHARE_MIN}: ${judge(wall >= ECHO_SHARE_MIN)}` : ''
        console.log(
          `Node ${major}, ${question.title}: ${name} / blind ${wall.toFixed(3)}, by CPU time ${cpu.toFixed(3)}${verdict}`,
        )
      }
    }
    const of = Object.fromEntries(VARIANTS.map((variant) => [variant.name, bytes(node, variant)]))
    for (const when of ['silent', 'spoken']) {
      const more = of.watched[when] - of.blind[when]
      console.log(
        `Node ${major}, bytes for each connection and its client, ${when}: ${VARIANTS.map(({ name }) => `${name} ${Math.round(of[name][when])}`).join(', ')}; ` +
          `watched - blind ${Math.round(more)}, at most ${BYTES_MORE_MAX}: ${judge(more <= BYTES_MORE_MAX)}`,
      )
    }
  }
  rmSync(BLIND, { recursive: true, force: true })
  process.exitCode = reached ? 0 : 1
}

main().catch((error) => {
  console.error(`bench:cost: ${error.message}`)
  process.exitCode = 2
})
