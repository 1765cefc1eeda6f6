/**
 * `npm run corpus`: runs the programs of the corpus, has the reader of snapshots say what leaks, and compares. Exits with 0 when
 * every verdict is right and at least 95 % of the leaks are named right, on each Node; 1 when not; 2 when it could not run.
 */
import { relative } from 'node:path'
import { parseArgs } from 'node:util'
import type { Holder } from '../../src/diagnose/snapshot/cause.ts'
import { findNode } from '../peers/programs.js'
import { type Judgement, judge, swapped } from './judge.ts'
import { type Answer, type Program, programs } from './programs.ts'
import { type Examined, examine } from './run-program.ts'

const RIGHT_MIN = 0.95
const USAGE = 'npm run corpus -- [--nodes 20,24,26] [--only WORD] [--jobs 2] [--verbose] [--swapped] [--json]'

interface Row extends Judgement {
  readonly program: string
  readonly node: string
  readonly wanted: Answer
  readonly said: Examined
  /** Why there is nothing to judge. */
  readonly failed: string | null
}

const NOTHING: Examined = { grown: [], pauseMs: 0, tookMs: 0, readMs: 0 }

function programOfNode(major: string): string {
  if (process.versions.node.startsWith(`${major}.`)) return process.execPath
  const found = major === '24' || major === '26' ? findNode(Number(major) as 24 | 26) : undefined
  if (found === undefined) throw new Error(`--nodes ${major}: no such Node here (wanted some of 20, 24, 26)`)
  return found
}

/** In the order of the programs, so many at a time. */
async function* runAll(chosen: readonly Program[], answers: readonly Answer[], major: string, jobs: number) {
  const node = programOfNode(major)
  const running: Promise<Row>[] = []
  for (const [index, program] of chosen.entries()) {
    const wanted = answers[index] ?? program.answer
    const of = { program: program.name, node: major, wanted }
    const row = examine(program, node).then(
      (said) => ({ ...of, said, failed: null, ...judge(wanted, said.grown[0]?.cause.holder ?? null) }),
      (error: Error) => ({
        ...of,
        said: NOTHING,
        failed: error.message,
        ...judge(wanted, null),
        isVerdictRight: false,
      }),
    )
    running.push(row)
    if (running.length >= jobs) yield await (running.shift() as Promise<Row>)
  }
  yield* running
}

function named(holder: Holder | undefined): string {
  if (holder === undefined) return ''
  const place = holder.file === null ? '?' : `${relative('test/corpus/programs', holder.file)}:${holder.line}`
  const of = holder.of === null ? '' : ` of ${named(holder.of)}`
  return `${holder.name || `(${holder.kind})`} ${place}${of}`
}

const isRight = (row: Row) => row.failed === null && row.isVerdictRight && row.isNameRight

function rowText(row: Row): string {
  const { program, node, verdict, said } = row
  const wrong = row.failed !== null ? 'FAILED' : row.isVerdictRight ? 'WRONG NAME' : 'WRONG VERDICT'
  const right = isRight(row) ? 'right' : wrong
  const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`.padStart(7)
  const times = `${seconds(said.tookMs)} ${String(said.pauseMs).padStart(6)} ms`
  const holder = named(said.grown[0]?.cause.holder)
  return `${program.padEnd(26)} ${node}  ${verdict.padEnd(8)} ${right.padEnd(13)} ${times}  ${holder}`
}

function details({ said, wanted, failed }: Row): string {
  if (failed !== null) return `    ${failed.replaceAll('\n', '\n    ')}`
  const lines = said.grown.map(({ sentence, counts, cause }) => {
    const path = cause.path.map(({ text }) => text).join(' → ')
    return `    ${sentence} [${counts}]\n      ${path}`
  })
  return [...lines, `    wanted: ${JSON.stringify(wanted)}`].join('\n')
}

interface Totals {
  readonly text: string
  readonly isGood: boolean
}

function totals(node: string, rows: readonly Row[]): Totals {
  const leaks = rows.filter(({ wanted }) => wanted.verdict === 'leak')
  const verdicts = rows.filter((row) => row.isVerdictRight).length
  const names = leaks.filter(isRight).length
  const text =
    `Node ${node}: ${verdicts} of ${rows.length} verdicts right; ` +
    `${names} of ${leaks.length} leaks named right (${((100 * names) / (leaks.length || 1)).toFixed(1)} %)`
  return { text, isGood: verdicts === rows.length && names >= RIGHT_MIN * leaks.length }
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      ...{ nodes: { type: 'string', default: process.versions.node.split('.')[0] ?? '' } },
      ...{ only: { type: 'string', default: '' }, jobs: { type: 'string', default: '2' } },
      ...{ verbose: { type: 'boolean' }, swapped: { type: 'boolean' }, json: { type: 'boolean' } },
    },
  })
  const chosen = programs(values.only)
  const jobs = Number(values.jobs)
  if (chosen.length === 0) throw new Error(`--only ${values.only}: no program has that in its name`)
  if (!(jobs >= 1)) throw new Error(`--jobs ${values.jobs}: wanted a number from 1`)
  const say = (text: string) => values.json !== true && console.log(text)
  const right = chosen.map(({ answer }) => answer)
  const answers = values.swapped === true ? swapped(right) : right
  const rows: Row[] = []
  const sums: Totals[] = []
  say(`${'program'.padEnd(29)}  verdict  right?          took     pause  holder`)
  for (const node of values.nodes.split(',')) {
    for await (const row of runAll(chosen, answers, node, jobs)) {
      rows.push(row)
      say(rowText(row))
      if (values.verbose === true || !isRight(row)) say(details(row))
    }
    sums.push(
      totals(
        node,
        rows.filter((row) => row.node === node),
      ),
    )
  }
  for (const { text } of sums) say(text)
  if (values.json === true) console.log(JSON.stringify({ totals: sums.map(({ text }) => text), rows }, null, 1))
  return sums.every(({ isGood }) => isGood) ? 0 : 1
}

try {
  process.exitCode = await main()
} catch (thrown) {
  console.error(`corpus: ${thrown instanceof Error ? thrown.message : String(thrown)}\n${USAGE}`)
  process.exitCode = 2
}
