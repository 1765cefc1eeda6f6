/**
 * The report of a soak as one page of HTML: verdict, plots, what went wrong, every sample. It needs no network and no script, and is
 * light or dark as its reader's system is. Pure.
 */
import { bytesEach, bytesInAll, count } from './figures.ts'
import { escaped, plotOf } from './plot.ts'
import { roundsSaid } from './rounds-said.ts'
import type { SoakReport } from './soak-report.ts'
import type { JudgedSeries } from './soak-verdict.ts'

const STYLE = `
  :root { color-scheme: light dark; --back: #ffffff; --card: #f6f8fa; --text: #1f2328; --soft: #59636e; --line: #d1d9e0;
    --own: #0f766e; --fit: #b35900; --leak: #cf222e; --plateau: #1a7f37; --unclear: #9a6700 }
  @media (prefers-color-scheme: dark) { :root { --back: #0d1117; --card: #161b22; --text: #e6edf3; --soft: #9198a1;
    --line: #3d444d; --own: #2dd4bf; --fit: #f0883e; --leak: #ff7b72; --plateau: #3fb950; --unclear: #d29922 } }
  body { margin: 0 auto; max-width: 980px; padding: 32px 24px; background: var(--back); color: var(--text);
    font: 15px/1.5 system-ui, -apple-system, 'Segoe UI', 'Liberation Sans', sans-serif }
  h1 { font-size: 15px; font-weight: 600; color: var(--soft); margin: 0 0 12px; overflow-wrap: anywhere }
  h2 { font-size: 17px; margin: 36px 0 4px }
  .verdict { border-left: 6px solid; border-radius: 6px; background: var(--card); padding: 16px 20px }
  .verdict strong { display: block; font-size: 22px; line-height: 1.3 }
  .leak { border-color: var(--leak) } .leak strong { color: var(--leak) }
  .plateau { border-color: var(--plateau) } .plateau strong { color: var(--plateau) }
  .unclear { border-color: var(--unclear) } .unclear strong { color: var(--unclear) }
  .verdict ul { margin: 10px 0 0; padding-left: 20px }
  p { color: var(--soft); margin: 8px 0 12px }
  svg { width: 100%; height: auto; display: block } svg.narrow { display: none } svg text { fill: var(--soft); font-size: 12.5px }
  .grid { stroke: var(--line) } .dot { fill: var(--own) } .warm { fill: none; stroke: var(--soft); stroke-width: 1.5 }
  .fit { stroke: var(--fit); stroke-width: 2 } .band { fill: var(--fit); opacity: 0.18 }
  table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums }
  th, td { text-align: right; padding: 4px 12px 4px 0; border-bottom: 1px solid var(--line); font-weight: 400 }
  th { color: var(--soft) } th:first-child, td:first-child { text-align: left }
  .scrolls { overflow-x: auto }
  summary { cursor: pointer; color: var(--soft); margin: 36px 0 8px }
  code { font: 13px/1.5 ui-monospace, 'Liberation Mono', monospace; overflow-wrap: anywhere }
  code span { display: inline-block; max-width: 100% }
  .why { border-left: 6px solid var(--leak); border-radius: 6px; background: var(--card); padding: 12px 20px; font-size: 17px;
    font-weight: 600; overflow-wrap: anywhere }
  .why + details > summary { margin-top: 12px }
  .said { margin: 0; overflow-wrap: anywhere } .said.cause { margin-top: 14px; font-weight: 600; color: var(--text) }
  .said.row + .said:not(.row) { margin-top: 14px }
  .said.row { padding-left: 6.5em; text-indent: -5em; color: var(--soft) }
  .said.row b { display: inline-block; width: 5em; text-indent: 0; font-weight: 400; color: var(--text) }
  @media (max-width: 640px) { body { padding: 20px 14px } .verdict strong { font-size: 19px }
    svg.wide { display: none } svg.narrow { display: block } svg text { font-size: 13px } }`

/** @returns a whole document */
export function soakPage(report: SoakReport): string {
  const { url, command, verdict, notes, series, rounds, why } = report
  const details = [...notes, ...verdict.details].map((line) => `<li>${escaped(line)}</li>`)
  const parts = [
    `<h1>holdfast soak ${escaped(url)}</h1>`,
    `<div class="verdict ${verdict.outcome}"><strong>${escaped(verdict.sentence)}</strong>`,
    ...(details.length > 0 ? [`<ul>${details.join('')}</ul>`] : []),
    '</div>',
    `<p>${escaped(factsOf(report))}</p>`,
    ...(command === '' ? [] : [`<p><code>${wordsOf(command)}</code></p>`]),
    ...(why.length > 0 ? whyParts(why) : []),
    ...grownTable(report),
    ...series.flatMap((one, at) => [
      `<h2>${escaped(one.name)}</h2>`,
      `<p>${escaped(saysOf(one))}</p>`,
      plotOf(one, at, rounds, 'wide'),
      plotOf(one, at, rounds, 'narrow'),
    ]),
    ...problemTable(report),
    '<details><summary>Every sample</summary>',
    `<div class="scrolls">${sampleTable(report)}</div>`,
    '</details>',
  ]
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(verdict.sentence)}</title>
<style>${STYLE}
</style>
</head>
<body>
${parts.join('\n')}
</body>
</html>
`
}

/** A line is broken between words, and not behind the dashes of a flag. */
function wordsOf(command: string): string {
  return command
    .split(' ')
    .map((word) => `<span>${escaped(word)}</span>`)
    .join(' ')
}

/** The first cause to be seen first; all that was said below it. */
function whyParts(why: readonly string[]): string[] {
  const [first = why[0] ?? ''] = why.flatMap((line) => /^1\. (.*)$/.exec(line)?.[1] ?? [])
  const lines = why.filter((line) => line !== '').map(whyLine)
  return [
    '<h2>Why</h2>',
    `<div class="why">${escaped(first)}</div>`,
    `<details open><summary>All that was found</summary>${lines.join('\n')}</details>`,
  ]
}

/** What goes on in the next line is indented as far as it began: `held by  Map "clients" → …`. */
function whyLine(line: string): string {
  const [, name, rest] = /^ +(\S.*?) {2,}(.*)$/.exec(line) ?? []
  if (name !== undefined && rest !== undefined) {
    return `<p class="said row"><b>${escaped(name)}</b>${escaped(rest)}</p>`
  }
  return `<p class="said${/^\d+\. /.test(line) ? ' cause' : ''}">${escaped(line)}</p>`
}

function factsOf(report: SoakReport): string {
  const { source, date, durationMs, leaves, options, vanished } = report
  const gone = vanished > 0 ? ` (${count(vanished)} vanished)` : ''
  return [
    `${roundsSaid(report)}; ${count(options.connections)} at a time, which left by ${leaves.join(', ')}${gone}`,
    `watched: ${source}`,
    `${date.slice(0, 16).replace('T', ' ')} UTC, ${Math.round(durationMs / 1_000)} s`,
  ].join(' · ')
}

function saysOf({ judgement, isCollected }: JudgedSeries): string {
  const { outcome, fit, note, toleranceBytes } = judgement
  const words = { leak: 'grows', plateau: 'does not grow', unclear: 'cannot be told' }
  const figures = fit === null ? '' : `: ${bytesEach(fit)} per connection (95 % confidence)`
  const least = isCollected ? '' : '; the least of each few samples was judged, which have garbage in them'
  return `${words[outcome]}${figures}, below ${count(toleranceBytes)} bytes counts as none${note === '' ? '' : `; ${note}`}${least}. Hollow: warm-up.`
}

function grownTable({ grown }: SoakReport): string[] {
  if (grown.length === 0) return []
  const rows = grown.map(({ place, bytes }) => `<tr><td>${escaped(place)}</td><td>${bytesInAll(bytes)}</td></tr>`)
  return [
    '<h2>Where it was allocated</h2>',
    `<table><tr><th>function</th><th>grown by about</th></tr>${rows.join('')}</table>`,
  ]
}

function problemTable({ problems }: SoakReport): string[] {
  const rows = Object.entries(problems).map(
    ([said, times]) => `<tr><td>${escaped(said)}</td><td>${count(times)}</td></tr>`,
  )
  if (rows.length === 0) return []
  return ['<h2>What went wrong</h2>', `<table><tr><th>what</th><th>times</th></tr>${rows.join('')}</table>`]
}

function sampleTable({ series, rounds }: SoakReport): string {
  const head = ['round', 'connections', ...series.map(({ name }) => escaped(name)), 'busy']
  const rows = rounds.map(({ round, connections, samples, isWarmup, busyMs }) => [
    `${round}${isWarmup ? ' (warm-up)' : ''}`,
    count(connections),
    ...samples.map((bytes) => count(bytes)),
    `${Math.round(busyMs)} ms`,
  ])
  const row = (cells: readonly string[], name: string): string =>
    `<tr>${cells.map((cell) => `<${name}>${cell}</${name}>`).join('')}</tr>`
  return `<table>${row(head, 'th')}\n${rows.map((cells) => row(cells, 'td')).join('\n')}</table>`
}
