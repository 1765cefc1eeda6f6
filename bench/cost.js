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
const WARM_UP_SECONDS = 0.1
/** By then what runs has been compiled. */
const COMPILED_SECONDS = 2
const BYTES_DEADLINE_MS = 120_000
const DIST = join(ROOT, 'dist')
const BLIND = join(BENCH, '.work', 'blind')
const VARIANTS = [
  { name: 'blind', dist: BLIND, watched: false },
  { name: 'plain', dist: DIST, watched: false },
  { name: 'watched', dist: DIST, watched: true },
]
const NOTHING = { note: '{}', pinged: '{}', ponged: '{}' }

/** A copy of dist/ in which what writes the timeline does nothing. Its fields are there still: 16 bytes that no figure here has in it. */
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

/**
 * Of each variant: messages a second, and messages a second of processor time. All three are there, and each is asked for a moment, in turn, again
 * and again: what a shared machine does to one, it does to the next. Several sets of them, because no two processes are alike.
 */
async function echo(tool, node, question, { sets, rounds, seconds }) {
  const cores = chooseCores()
  const signal = new AbortController().signal
  const short = { ...question, warmupSeconds: WARM_UP_SECONDS }
  const all = []
  const withAll = (use, ready = []) => {
    const next = VARIANTS[ready.length]
    if (next === undefined) return use(ready)
    const command = [node, peer, next.dist, String(next.watched)]
    return withPeer(command, cores.server, signal, (server) => withAll(use, [...ready, { name: next.name, ...server }]))
  }
  for (let set = 0; set < sets; set++) {
    await withAll(async (servers) => {
      const once = async ({ port, pid }, time) => {
        const answer = await ask(tool, short, { port, pid, core: cores.load, seconds: time, signal })
        return { wall: answer.messagesPerSecond, cpu: answer.messagesPerSecond / answer.serverCpuShare }
      }
      for (const server of servers) await once(server, COMPILED_SECONDS)
      for (let round = 0; round < rounds; round++) {
        const seen = {}
        for (const server of servers.map((_, at) => servers[(at + round) % servers.length])) {
          seen[server.name] = await once(server, seconds)
        }
        all.push(seen)
      }
    })
    console.error(`  ${question.id}: set ${set + 1} of ${sets}`)
  }
  return all
}

/** The middle of the ratios to `blind`, round by round, and between which two the middle is with 95 % confidence. */
function ratio(rounds, name, field) {
  const ratios = rounds.map((round) => round[name][field] / round.blind[field]).sort((a, b) => a - b)
  const wide = 0.98 * Math.sqrt(ratios.length)
  const at = (index) => ratios[Math.min(ratios.length - 1, Math.max(0, Math.round(index)))]
  return { middle: median(ratios), low: at(ratios.length / 2 - wide - 0.5), high: at(ratios.length / 2 + wide - 0.5) }
}

function bytes(node, { dist, watched }) {
  const args = ['--expose-gc', peer, dist, String(watched), '--bytes', String(CONNECTIONS)]
  return JSON.parse(execFileSync(node, args, { encoding: 'utf8', timeout: BYTES_DEADLINE_MS, killSignal: 'SIGKILL' }))
}

async function main() {
  const { values } = parseArgs({
    options: {
      nodes: { type: 'string', default: process.versions.node.split('.')[0] },
      only: { type: 'string', default: 'echo-64x1,echo-64x16' },
      sets: { type: 'string', default: '5' },
      rounds: { type: 'string', default: '12' },
      seconds: { type: 'string', default: '0.5' },
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
    for (const question of questionsFor(values.only.split(','))) {
      const rounds = await echo(tool, node, question, {
        ...{ sets: Number(values.sets), rounds: Number(values.rounds), seconds: Number(values.seconds) },
      })
      for (const name of ['plain', 'watched']) {
        const [wall, cpu] = ['wall', 'cpu'].map((field) => ratio(rounds, name, field))
        const said = ({ middle, low, high }) => `${middle.toFixed(3)} (${low.toFixed(3)} to ${high.toFixed(3)})`
        const verdict =
          name === 'watched' ? `; at least ${ECHO_SHARE_MIN}: ${judge(wall.middle >= ECHO_SHARE_MIN)}` : ''
        console.log(
          `Node ${major}, ${question.title}: ${name} / blind ${said(wall)}, by CPU time ${said(cpu)}${verdict}`,
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
  process.exitCode = reached ? 0 : 1
}

main()
  .catch((error) => {
    console.error(`bench:cost: ${error.message}`)
    process.exitCode = 2
  })
  .finally(() => rmSync(BLIND, { recursive: true, force: true }))
