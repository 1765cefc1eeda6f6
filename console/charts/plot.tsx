/**
 * Lines over time, on a canvas. Whoever shows it says beside it in words what is to be seen: for screen readers it is one picture.
 *
 * The plot is made when it is put on the page, and anew when light becomes dark; it ends when it is taken off.
 */
import { useEffect, useRef } from 'preact/hooks'
import uPlot, { type AlignedData, type Options } from 'uplot'
import { time } from '../format.ts'
import { colorOf, useDark } from './colors.ts'
import type { Format, Series } from './series.ts'

export interface PlotProps {
  readonly alt: string
  /** Seconds since 1970. */
  readonly times: readonly number[]
  readonly series: readonly Series[]
  readonly format: Format
  readonly height?: number
  /** The scale reaches at least so far up. */
  readonly least?: number
  /** Between two moments that are further apart there is no line: nobody has looked. */
  readonly apartS?: number
  /** Called with the place the pointer is over, or null. */
  plotOnPoint(index: number | null): void
}

const FONT = '11px system-ui, sans-serif'
/** At least so much time is shown, so that the first points do not fill the width. */
const SPAN_MIN_S = 60
const APART_S = 10

export function Plot(props: PlotProps) {
  const { alt, times, series, format, height = 148, least = 1, apartS = APART_S, plotOnPoint } = props
  const place = useRef<HTMLDivElement>(null)
  const plot = useRef<uPlot | null>(null)
  const isDark = useDark()
  const shape = series.map(({ label }) => label).join('|')

  // Made anew for another shape and other colours, not for other data.
  useEffect(() => {
    const element = place.current
    if (element === null) return
    const options = optionsOf(element.clientWidth, { height, series, format, least, apartS, plotOnPoint })
    const made = new uPlot(options, dataOf(times, series), element)
    plot.current = made
    const sizes = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height }))
    sizes.observe(element)
    return () => {
      sizes.disconnect()
      made.destroy()
      plot.current = null
    }
  }, [isDark, shape, height])

  useEffect(() => plot.current?.setData(dataOf(times, series)), [times, series])

  return <div class="plot" ref={place} role="img" aria-label={alt} />
}

function dataOf(times: readonly number[], series: readonly Series[]): AlignedData {
  return [[...times], ...series.map(({ values }) => [...values])]
}

type Look = Required<Omit<PlotProps, 'alt' | 'times'>>

function optionsOf(width: number, { height, series, format, least, apartS, plotOnPoint }: Look): Options {
  const quiet = colorOf('--ink-quiet')
  const line = colorOf('--line')
  const axis = { stroke: quiet, font: FONT, ticks: { show: false }, grid: { stroke: line, width: 1 } }
  return {
    ...{ width, height, padding: [10, 24, 0, 0], legend: { show: false } },
    cursor: { y: false, drag: { x: false, y: false }, points: { size: 6 } },
    scales: {
      x: { time: true, range: (_, from, to) => [Math.min(from, to - SPAN_MIN_S), to] },
      y: { range: (_, from, to) => [Math.min(0, from * 1.1), Math.max(least, to * 1.1)] },
    },
    axes: [
      {
        ...axis,
        size: 24,
        gap: 4,
        grid: { show: false },
        space: 76,
        values: (_, splits) => splits.map((at) => clock(at)),
      },
      { ...axis, size: 56, gap: 6, space: 34, values: (_, splits) => splits.map((value) => format(value)) },
    ],
    series: [{}, ...series.map((one) => lineOf(one, apartS))],
    hooks: { setCursor: [({ cursor }) => plotOnPoint(cursor.idx ?? null)] },
  }
}

function lineOf({ label, color, fill, dash }: Series, apartS: number): uPlot.Series {
  const stroke = colorOf(color)
  return {
    ...{ label, stroke, width: 1.5, points: { show: false }, spanGaps: false },
    gaps: (plot, _, from, to, nulls) => [...nulls, ...gapsOf(plot, from, to, apartS)].sort((a, b) => a[0] - b[0]),
    ...(fill === true && { fill: stroke, width: 0 }),
    ...(dash === true && { dash: [4, 3] }),
  }
}

/** From where to where on the canvas nobody has looked. */
function gapsOf(plot: uPlot, from: number, to: number, apartS: number): [number, number][] {
  const [times] = plot.data
  const gaps: [number, number][] = []
  for (let at = from + 1; at <= to; at++) {
    const [before, after] = [times[at - 1] ?? 0, times[at] ?? 0]
    const place = (time: number): number => Math.round(plot.valToPos(time, 'x', true))
    if (after - before > apartS) gaps.push([place(before), place(after)])
  }
  return gaps
}

/** Without seconds where they are none. */
function clock(at: number): string {
  return time(at * 1_000).replace(/:00$/, '')
}
