// npm run bench: asks the questions of questions.js of Holdfast and its peers, prints a table with the bars of bars.js beside
// it, writes JSON with every single run and one SVG chart per Node. Ends with 0 when every bar asked was reached (or missed
// by noise), 1 when one was not, 2 when it could not run, or not with Holdfast. bench/README.md says how to read the figures.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { judge } from './bars.js'
import { asChart } from './chart.js'
import { buildLoad } from './install.js'
import { BENCH, describeMachine } from './machine.js'
import { gather, PEERS } from './peers.js'
import { GROUPS, questionsFor, SUBJECT } from './questions.js'
import { asMarkdown, asText, nameOf, readable } from './report.js'
import { minutesFor, playRounds } from './rounds.js'

const RESULTS = join(BENCH, 'results')
const USAGE = `npm run bench -- [options]

  --only WORDS      questions: ${GROUPS.join(', ')}, or single ones such as echo-64x16   (echo,churn,idle)
  --peers NAMES     who is compared: ${Object.keys(PEERS).slice(1).join(', ')}   (ws,tcp)
  --nodes MAJORS    Node versions: the one that runs this, 24, 26   (the one that runs this)
  --runs N          runs per question and participant, 1 to 99   (5)
  --seconds S       seconds measured per run, 0.1 to 60   (3)
  --markdown        print Markdown
  --save            keep the result: results/DATE.json and results/speed.nodeXX.svg, beside latest.*
  --from FILE       run nothing: report and chart from the JSON of an earlier run
`

const list = (text) => [...new Set(text.split(',').map((word) => word.trim()))].filter((word) => word !== '')

function numberIn(name, text, least, most) {
  const value = Number(text)
  if (!(value >= least && value <= most))
    throw new Error(`--${name} is a number from ${least} to ${most}, not "${text}"`)
  return value
}

function readArguments() {
  const own = process.versions.node.split('.')[0]
  const { values } = parseArgs({
    options: {
      only: { type: 'string', default: 'echo,churn,idle' },
      peers: { type: 'string', default: 'ws,tcp' },
      nodes: { type: 'string', default: own },
      runs: { type: 'string', default: '5' },
      seconds: { type: 'string', default: '3' },
      from: { type: 'string' },
      markdown: { type: 'boolean', default: false },
      save: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  const nodes = list(values.nodes)
  for (const node of nodes) {
    if (!/^\d{2}$/.test(node)) throw new Error(`--nodes takes major versions such as 20,26, not "${node}"`)
  }
  return {
    ...values,
    nodes,
    questions: questionsFor(list(values.only)),
    peers: list(values.peers),
    runs: Math.trunc(numberIn('runs', values.runs, 1, 99)),
    seconds: numberIn('seconds', values.seconds, 0.1, 60),
  }
}

async function measure({ questions, peers, nodes, runs, seconds }, signal) {
  const tool = buildLoad()
  const { participants, absent } = gather(peers, nodes)
  for (const { peer, reason } of absent) console.error(`absent: ${peer}: ${reason}`)
  if (participants.length === 0) throw new Error('nobody is left to measure')
  const minutes = minutesFor(questions, participants, runs, seconds)
  console.error(
    `${questions.length} questions, ${participants.length} participants, ${runs} runs: about ${Math.ceil(minutes)} min`,
  )
  const { results, cores } = await playRounds(tool, questions, participants, {
    runs,
    seconds,
    signal,
    onRun: (question, participant, { run, value, error }) =>
      console.error(
        `  ${question.id} ${run}/${runs} ${nameOf(participant)}: ${error ?? readable(value, question.unit)}`,
      ),
  })
  return {
    date: new Date().toISOString(),
    machine: describeMachine(),
    settings: { runs, seconds, nodes, cores, pinned: cores.server !== null },
    peers: participants.map(({ command, ...one }) => one),
    absent,
    results,
  }
}

function write(run, save) {
  mkdirSync(RESULTS, { recursive: true })
  const put = (name, text) => {
    writeFileSync(join(RESULTS, name), text)
    console.error(`wrote bench/results/${name}`)
  }
  const names = save ? ['latest', null] : ['latest']
  for (const name of names) {
    put(`${name ?? run.date.slice(0, 10)}.json`, `${JSON.stringify(run, null, 1)}\n`)
    for (const node of run.settings.nodes) put(`${name ?? 'speed'}.node${node}.svg`, asChart(run, node))
  }
}

const interrupted = new AbortController()
process.once('SIGINT', () => interrupted.abort(new Error('interrupted')))
process.once('SIGTERM', () => interrupted.abort(new Error('interrupted')))

try {
  const wish = readArguments()
  if (wish.help) {
    console.log(USAGE)
  } else {
    const run = wish.from ? JSON.parse(readFileSync(wish.from, 'utf8')) : await measure(wish, interrupted.signal)
    run.verdicts = judge(run.results)
    if (!wish.from) write(run, wish.save)
    console.log(`\n${wish.markdown ? asMarkdown(run) : asText(run)}`)
    const missed = run.verdicts.some((one) => one.verdict === 'missed' || one.verdict === 'unknown')
    process.exitCode = run.absent.some((one) => one.peer === SUBJECT) ? 2 : missed ? 1 : 0
  }
} catch (error) {
  console.error(`bench: ${error.message}`)
  process.exitCode = 2
}
