/**
 * One plot of a soak as SVG: memory after each round, the line through what was judged, and its bounds. Markup of our own; colours
 * are those of the page. Pure.
 */
import { bytesInAll, count } from './figures.ts'
import type { SoakRound } from './soak-report.ts'
import type { JudgedSeries } from './soak-verdict.ts'

/** What is drawn for: a narrow screen shows it about as large as it is, so that its labels can be read. */
export type PlotWidth = 'wide' | 'narrow'

const WIDTHS = { wide: 920, narrow: 380 } as const
const COLUMNS = { wide: 5, narrow: 3 } as const
const HEIGHT = 300
const [LEFT, RIGHT, TOP, BOTTOM] = [84, 24, 16, 44]
const ROWS = 5

interface Scale {
  readonly right: number
  readonly columns: number
  x(connections: number): string
  y(bytes: number): string
}

interface Range {
  readonly low: number
  readonly high: number
  readonly step: number
}

/** @param at the place of the series in the samples */
export function plotOf(series: JudgedSeries, at: number, rounds: readonly SoakRound[], width: PlotWidth): string {
  const samples = rounds.map((round) => ({ ...round, bytes: round.samples[at] as number }))
  const { low, high, step } = niceRange(samples.map(({ bytes }) => bytes))
  const last = Math.max(1, samples.at(-1)?.connections ?? 1)
  const right = WIDTHS[width] - RIGHT
  const scale: Scale = {
    ...{ right, columns: COLUMNS[width] },
    x: (connections) => (LEFT + (connections / last) * (right - LEFT)).toFixed(1),
    y: (bytes) => (HEIGHT - BOTTOM - ((bytes - low) / (high - low)) * (HEIGHT - TOP - BOTTOM)).toFixed(1),
  }
  const dots = samples.map(({ round, connections, bytes, isWarmup }) => {
    const title = `round ${round}: ${count(connections)} connections, ${bytesInAll(bytes)}`
    const kind = isWarmup ? 'warm' : 'dot'
    return `<circle cx="${scale.x(connections)}" cy="${scale.y(bytes)}" r="3.5" class="${kind}"><title>${title}</title></circle>`
  })
  const parts = [...gridOf({ low, high, step }, last, scale), bandOf(series, scale), ...dots, lineOf(series, scale)]
  const label = escaped(`${series.name} by connections`)
  return `<svg class="${width}" viewBox="0 0 ${WIDTHS[width]} ${HEIGHT}" role="img" aria-label="${label}">\n${parts.join('\n')}\n</svg>`
}

function gridOf({ low, high, step }: Range, last: number, { x, y, right, columns: many }: Scale): string[] {
  const rows = Array.from({ length: Math.round((high - low) / step) + 1 }, (_, at) => low + step * at)
  const columns = Array.from({ length: many }, (_, at) => Math.round((last * at) / (many - 1)))
  return [
    ...rows.map(
      (bytes) =>
        `<line x1="${LEFT}" x2="${right}" y1="${y(bytes)}" y2="${y(bytes)}" class="grid"/>` +
        `<text x="${LEFT - 10}" y="${Number(y(bytes)) + 4}" text-anchor="end">${bytesInAll(bytes)}</text>`,
    ),
    ...columns.map(
      (connections) =>
        `<text x="${x(connections)}" y="${HEIGHT - BOTTOM + 20}" text-anchor="middle">${count(connections)}</text>`,
    ),
    `<text x="${(LEFT + right) / 2}" y="${HEIGHT - 6}" text-anchor="middle">connections that have come and gone</text>`,
  ]
}

/** The line through what was judged, with another slope: it turns about its middle. */
function ends({ judgement }: JudgedSeries, slope: number): readonly (readonly [x: number, y: number])[] {
  const { points, fit } = judgement
  const [first, last] = [points[0]?.connections, points.at(-1)?.connections]
  if (fit === null || first === undefined || last === undefined) return []
  const middle = points.reduce((sum, { connections }) => sum + connections, 0) / points.length
  const height = points.reduce((sum, { bytes }) => sum + bytes, 0) / points.length
  return [first, last].map((connections) => [connections, height + slope * (connections - middle)] as const)
}

function lineOf(series: JudgedSeries, { x, y }: Scale): string {
  const [from, to] = ends(series, series.judgement.fit?.slope ?? 0)
  if (from === undefined || to === undefined) return ''
  return `<line x1="${x(from[0])}" y1="${y(from[1])}" x2="${x(to[0])}" y2="${y(to[1])}" class="fit"/>`
}

function bandOf(series: JudgedSeries, { x, y }: Scale): string {
  const { fit } = series.judgement
  if (fit === null) return ''
  const corners = [...ends(series, fit.low), ...ends(series, fit.high)]
  const [lowStart, lowEnd, highStart, highEnd] = corners.map(([connections, bytes]) => `${x(connections)},${y(bytes)}`)
  if (highEnd === undefined) return ''
  // Two triangles that meet in the middle.
  return `<polygon points="${lowStart} ${highEnd} ${lowEnd} ${highStart}" class="band"/>`
}

/** The range of the axis: what there is, with room, on steps that read well. */
function niceRange(values: readonly number[]): Range {
  const [least, most] = [Math.min(...values), Math.max(...values)]
  const rough = Math.max(1_000, (most - least) / ROWS)
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = ([1, 2, 2.5, 5, 10].find((factor) => factor * power >= rough) ?? 10) * power
  const low = Math.max(0, Math.floor(least / step) * step)
  return { low, high: low + Math.max(1, Math.ceil((most - low) / step)) * step, step }
}

/** Text that is safe inside markup and its attributes. */
export function escaped(text: string): string {
  const entities: Readonly<Record<string, string>> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
    "'": '&#39;',
  }
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? character)
}
