// The chart for the README: one panel of horizontal bars per question, two panels a row, for one Node version. Markup of our own:
// no library, no script. It brings its own background for light and dark, because a page shows it as an image.
import { SUBJECT } from './questions.js'
import { ratioTo, readable } from './report.js'

const WIDTH = 960
const MARGIN = 24
const GAP = 32
const PANEL_WIDTH = (WIDTH - 2 * MARGIN - GAP) / 2
const ROW_HEIGHT = 22
const TITLE_HEIGHT = 30
const HEAD_HEIGHT = 64
const NAME_WIDTH = 118
const FIGURE_WIDTH = 150

/** Text that is safe inside SVG markup and its attributes. */
export function escaped(text) {
  const entities = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }
  return String(text).replace(/[&<>"']/g, (character) => entities[character])
}

const STYLE = `
  .back { fill: #ffffff } .title { fill: #1f2328; font-weight: 600 } .text { fill: #1f2328 } .soft { fill: #59636e }
  .own { fill: #0f766e } .peer { fill: #9aa4af } .ownText { fill: #0f766e; font-weight: 600 }
  text { font-family: system-ui, -apple-system, 'Segoe UI', 'Liberation Sans', sans-serif; font-size: 12.5px }
  @media (prefers-color-scheme: dark) {
    .back { fill: #0d1117 } .title, .text { fill: #e6edf3 } .soft { fill: #9198a1 }
    .own { fill: #2dd4bf } .peer { fill: #57606a } .ownText { fill: #2dd4bf }
  }`

function panelHeight(rows) {
  return TITLE_HEIGHT + rows * ROW_HEIGHT + 14
}

function barRow(participant, all, { unit, most, left, top }) {
  const own = participant.peer === SUBJECT
  const space = PANEL_WIDTH - NAME_WIDTH - FIGURE_WIDTH
  const width = participant.median === null ? 0 : Math.max(1, (Math.max(0, participant.median) / most) * space)
  const ratio = ratioTo('ws', participant, all)
  const figure = `${readable(participant.median, unit)}${ratio === null ? '' : ` · ${ratio.toFixed(2)} × ws`}`
  const baseline = top + 15
  return [
    `<text x="${left}" y="${baseline}" class="${own ? 'ownText' : 'text'}">${escaped(participant.title)}</text>`,
    `<rect x="${left + NAME_WIDTH}" y="${top + 4}" width="${width.toFixed(1)}" height="14" rx="2" class="${own ? 'own' : 'peer'}"/>`,
    `<text x="${(left + NAME_WIDTH + width + 6).toFixed(1)}" y="${baseline}" class="${own ? 'ownText' : 'soft'}">${escaped(figure)}</text>`,
  ].join('\n')
}

function panel({ title, unit, better, participants }, left, top) {
  const most = Math.max(1, ...participants.map((one) => one.median ?? 0))
  const says = better === 'higher' ? unit : 'less is better'
  return [
    `<text x="${left}" y="${top + 18}" class="title">${escaped(title)} <tspan class="soft" font-weight="400">· ${escaped(says)}</tspan></text>`,
    ...participants.map((one, index) =>
      barRow(one, participants, { unit, most, left, top: top + TITLE_HEIGHT - 4 + index * ROW_HEIGHT }),
    ),
  ].join('\n')
}

/**
 * The chart of one run for one Node version; peers that have no Node stand beside it.
 * @returns a whole SVG document
 */
export function asChart(run, node) {
  const panels = run.results
    .map((one) => ({ ...one, participants: one.participants.filter((it) => it.node === node || it.node === null) }))
    .filter((one) => one.participants.length > 0)
  const parts = []
  let top = HEAD_HEIGHT
  for (let index = 0; index < panels.length; index += 2) {
    const pair = panels.slice(index, index + 2)
    pair.forEach((one, column) => {
      parts.push(panel(one, MARGIN + column * (PANEL_WIDTH + GAP), top))
    })
    top += panelHeight(Math.max(...pair.map((one) => one.participants.length)))
  }
  const height = top + MARGIN / 2
  const { machine, settings, date } = run
  const version = run.peers.find((one) => one.node === node)?.nodeVersion ?? node
  const head = `Holdfast and its peers, Node ${version.replace(/^v/, '')}, one core for the server`
  const small = `${date.slice(0, 10)} · ${machine.cpu.slice(0, 48)} · medians of ${settings.runs} runs of ${settings.seconds} s, in turn · npm run bench`
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-label="${escaped(head)}">
<style>${STYLE}
</style>
<rect width="${WIDTH}" height="${height}" rx="8" class="back"/>
<text x="${MARGIN}" y="30" class="title" style="font-size:16px">${escaped(head)}</text>
<text x="${MARGIN}" y="50" class="soft">${escaped(small)}</text>
${parts.join('\n')}
</svg>
`
}
