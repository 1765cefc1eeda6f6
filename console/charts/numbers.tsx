/** A chart as a table: some moments, evenly spread, the latest first. */
import { time } from '../format.ts'
import type { Format, Series } from './series.ts'

export interface NumbersProps {
  readonly name: string
  /** Seconds since 1970. */
  readonly times: readonly number[]
  readonly series: readonly Series[]
  readonly format: Format
}

const ROWS = 10

export function Numbers({ name, times, series, format }: NumbersProps) {
  return (
    <details class="numbers">
      <summary>As numbers</summary>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls sideways on a narrow screen, and a keyboard has to reach that */}
      <section class="scroll" tabIndex={0} aria-label={`${name}, as numbers`}>
        <table>
          <thead>
            <tr>
              <th scope="col">Time</th>
              {series.map(({ label }) => (
                <th scope="col" class="number" key={label}>
                  {label}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {chosen(times.length).map((index) => (
              <tr key={times[index]}>
                <th scope="row">{time((times[index] ?? 0) * 1_000)}</th>
                {series.map(({ label, values }) => (
                  <td class="number" key={label}>
                    {format(values[index])}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </details>
  )
}

function chosen(length: number): number[] {
  const step = Math.max(1, Math.ceil(length / ROWS))
  return Array.from({ length: Math.min(ROWS, Math.ceil(length / step)) }, (_, row) => length - 1 - row * step)
}
