/** Who comes and who goes, over time: arrivals upwards, departures downwards. */
import { useMemo } from 'preact/hooks'
import type { Point } from '../../src/ops/live/wire.ts'
import { Chart } from '../charts/chart.tsx'
import type { Series } from '../charts/series.ts'
import { rate } from '../format.ts'
import { perSecond, timesOf } from '../live/rates.ts'
import { Panel } from './panel.tsx'

export function FlowPanel({ points }: { readonly points: readonly Point[] }) {
  const { times, legend, series } = useMemo(() => {
    const legend: Series[] = [
      { label: 'arrivals', color: '--accent', values: perSecond(points, 'accepted') },
      { label: 'departures', color: '--second', values: perSecond(points, 'closed') },
      { label: 'refused', color: '--bad', values: perSecond(points, 'refused'), dash: true },
    ]
    const series = legend.map((one, index) => (index === 1 ? { ...one, values: one.values.map(negative) } : one))
    return { times: timesOf(points), legend, series }
  }, [points])
  const size = (value: number | null | undefined): string => rate(typeof value === 'number' ? Math.abs(value) : value)
  return (
    <Panel id="flow" title="Arrivals and departures" note="per second">
      <Chart name="Arrivals and departures per second" {...{ times, series, legend, format: size }} least={5} />
    </Panel>
  )
}

function negative(value: number | null): number | null {
  return value === null ? null : -value
}
