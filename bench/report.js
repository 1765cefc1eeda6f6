// Turns results into text: a plain table for the terminal, the same as Markdown for the documents. Pure functions.
import { SUBJECT } from './questions.js'

const VERDICTS = {
  reached: 'reached',
  noise: 'missed by less than 3 %: noise',
  missed: 'NOT REACHED',
  unknown: 'not measured',
}

/** A number the way people read it: 1.23M, 456k, 7.1 KiB. */
export function readable(value, unit) {
  if (value === null || value === undefined) return '–'
  if (unit === 'bytes') return `${(value / 1024).toFixed(1)} KiB`
  if (value >= 1e6) return `${(value / 1e6).toFixed(2)}M`
  if (value >= 1e4) return `${(value / 1e3).toFixed(0)}k`
  return value >= 1e3 ? `${(value / 1e3).toFixed(1)}k` : value.toFixed(0)
}

/** The name of a participant in a report: with its Node where it has one. */
export function nameOf({ title, node }) {
  return node === null ? title : `${title} · Node ${node}`
}

/**
 * The ratio of a participant to a peer on the same Node; to a peer on the first Node for those that have none.
 * @param field `median`, or `perCpuSecond`: the same work per second of processor time the server really got
 */
export function ratioTo(peer, participant, participants, field = 'median') {
  const others = participants.filter((one) => one.peer === peer)
  const other =
    others.find((one) => one.node === participant.node) ?? (participant.node === null ? others[0] : undefined)
  const [own, theirs] = [participant[field] ?? null, other?.[field] ?? null]
  return own === null || theirs === null || theirs === 0 ? null : own / theirs
}

const times = (ratio) => (ratio === null || Number.isNaN(ratio) ? '–' : `${ratio.toFixed(2)}×`)
const share = (value) => (value === null ? '–' : `±${(value * 50).toFixed(0)} %`)

function measuredRows({ results }) {
  return results.flatMap(({ title, unit, participants, obstacle }) => {
    if (obstacle) return [[title, `not asked: ${obstacle}`, '', '', '', '', '']]
    return participants.map((one, index) => [
      index === 0 ? (unit === 'bytes' ? title : `${title}, ${unit}`) : '',
      nameOf(one),
      readable(one.median, unit),
      share(one.spread),
      times(ratioTo('ws', one, participants)),
      times(ratioTo('tcp', one, participants)),
      times(ratioTo('ws', one, participants, 'perCpuSecond')),
    ])
  })
}

function barRows({ verdicts, results }) {
  return verdicts.map((one) => {
    const { title, participants } = results.find((result) => result.question === one.question)
    const own = participants.find((it) => it.peer === SUBJECT && it.node === one.node)
    return [
      title,
      one.node ?? '',
      one.atLeast === undefined ? `<= ${one.atMost} × ${one.against}` : `>= ${one.atLeast} × ${one.against}`,
      times(one.ratio),
      times(ratioTo(one.against, own, participants, 'perCpuSecond')),
      VERDICTS[one.verdict],
    ]
  })
}

const MEASURED = ['question', 'who', 'median', 'spread', '× ws', '× tcp', '× ws by CPU time']
const BARS = ['bar for Holdfast', 'Node', 'asked', 'measured', 'by CPU time', '']

function plain(head, rows) {
  const widths = head.map((word, column) => Math.max(word.length, ...rows.map((row) => String(row[column]).length)))
  const line = (row) =>
    row
      .map((cell, column) => String(cell).padEnd(widths[column]))
      .join('  ')
      .trimEnd()
  return [line(head), widths.map((width) => '-'.repeat(width)).join('  '), ...rows.map(line)].join('\n')
}

function markdown(head, rows, right) {
  const line = (row) => `| ${row.map((cell) => String(cell).replaceAll('|', '\\|')).join(' | ')} |`
  return [
    line(head),
    `|${head.map((_, column) => (right.includes(column) ? '--:' : '---')).join('|')}|`,
    ...rows.map(line),
  ].join('\n')
}

function headOf({ machine, date, settings, peers }) {
  const commit =
    machine.commit === null ? 'no commit' : machine.commit.slice(0, 12) + (machine.commitIsClean ? '' : ' with changes')
  const versions = new Set(peers.map((one) => [one.title, one.version].filter(Boolean).join(' ')))
  const nodes = new Set(peers.map((one) => one.nodeVersion).filter(Boolean))
  return [
    `${date.slice(0, 10)}, ${machine.cpu}, ${machine.cores} cores, Linux ${machine.kernel}, ${commit}`,
    `Node ${[...nodes].map((one) => one.replace(/^v/, '')).join(' and ')}; ${[...versions].join(', ')}`,
    `medians of ${settings.runs} runs of ${settings.seconds} s, taken in turn; ${settings.pinned ? 'server on one core, load on another' : 'NOT pinned to cores: figures mean little'}`,
  ]
}

function notesOf({ absent, results }) {
  const failed = results.flatMap(({ title, participants }) =>
    participants.flatMap((one) => {
      const errors = one.runs.filter((run) => run.error !== undefined)
      return errors.length === 0
        ? []
        : [`failed: ${title}, ${nameOf(one)}, ${errors.length} of ${one.runs.length} runs: ${errors[0].error}`]
    }),
  )
  return [...absent.map((one) => `absent: ${one.peer}: ${one.reason}`), ...failed]
}

/** The whole report as text for a terminal. */
export function asText(run) {
  const parts = [headOf(run).join('\n'), plain(MEASURED, measuredRows(run))]
  if (run.verdicts.length > 0) parts.push(plain(BARS, barRows(run)))
  const notes = notesOf(run)
  if (notes.length > 0) parts.push(notes.join('\n'))
  return `${parts.join('\n\n')}\n`
}

/** The whole report as Markdown. */
export function asMarkdown(run) {
  const parts = [headOf(run).join('\\\n'), markdown(MEASURED, measuredRows(run), [2, 3, 4, 5, 6])]
  if (run.verdicts.length > 0) parts.push(markdown(BARS, barRows(run), [1, 2, 3, 4]))
  const notes = notesOf(run)
  if (notes.length > 0) parts.push(notes.map((note) => `- ${note}`).join('\n'))
  return `${parts.join('\n\n')}\n`
}
