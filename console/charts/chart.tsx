/**
 * A chart with all that belongs to it: the plot, a legend with the latest values, or those under the pointer, what is to be seen in a sentence, and
 * the same as numbers for those who cannot see it.
 */
import type { ComponentChildren } from 'preact'
import { useState } from 'preact/hooks'
import { time } from '../format.ts'
import { Numbers } from './numbers.tsx'
import { Plot } from './plot.tsx'
import type { Format, Series } from './series.ts'

export interface ChartProps {
  readonly name: string
  /** Seconds since 1970. */
  readonly times: readonly number[]
  readonly series: readonly Series[]
  /** What the legend and the table show; default: the series. */
  readonly legend?: readonly Series[]
  readonly format: Format
  readonly height?: number
  readonly least?: number
  readonly apartS?: number
  readonly children?: ComponentChildren
}

export function Chart(props: ChartProps) {
  const { name, times, series, legend = series, format, height, least, apartS, children } = props
  const [pointed, setPointed] = useState<number | null>(null)
  const at = pointed !== null && pointed < times.length ? pointed : times.length - 1
  return (
    <figure class="chart">
      <ul class="legend">
        {times.length > 0 &&
          legend.map(({ label, color, values }) => (
            <li key={label}>
              <span class={`swatch ${color.slice(2)}`} aria-hidden="true" />
              {label} <b>{format(values[at])}</b>
            </li>
          ))}
        {pointed !== null && <li class="quiet">at {time((times[at] ?? 0) * 1_000)}</li>}
      </ul>
      {times.length < 2 ? (
        <p class="chart-empty">{times.length === 0 ? 'No data yet.' : 'A line needs two looks.'}</p>
      ) : (
        <Plot
          {...{ times, series, format, plotOnPoint: setPointed }}
          {...(height !== undefined && { height })}
          {...(least !== undefined && { least })}
          {...(apartS !== undefined && { apartS })}
          alt={sentence(name, legend, format)}
        />
      )}
      {children}
      {times.length > 0 && <Numbers {...{ name, times, series: legend, format }} />}
    </figure>
  )
}

function sentence(name: string, series: readonly Series[], format: Format): string {
  const parts = series.map(({ label, values }) => {
    const known = values.filter((value) => value !== null)
    if (known.length === 0) return `${label}: no data yet`
    return `${label}: ${format(known.at(-1))} now, from ${format(Math.min(...known))} to ${format(Math.max(...known))}`
  })
  return `${name}. ${parts.join('. ')}.`
}
