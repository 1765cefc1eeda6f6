/** How many are open, over time. */
import { useMemo } from 'preact/hooks'
import type { Point } from '../../src/ops/live/wire.ts'
import { Chart } from '../charts/chart.tsx'
import type { Series } from '../charts/series.ts'
import { count } from '../format.ts'
import { openOf, timesOf } from '../live/rates.ts'
import { Panel } from './panel.tsx'

export function OpenPanel({ points }: { readonly points: readonly Point[] }) {
  const { times, series } = useMemo(() => {
    const series: Series[] = [
      { label: 'open', color: '--accent', values: points.map(openOf) },
      { label: 'leaving', color: '--second', values: points.map((one) => one.draining + one.closing) },
      { label: 'opening', color: '--third', values: points.map(({ opening }) => opening), dash: true },
    ]
    return { times: timesOf(points), series }
  }, [points])
  return (
    <Panel id="open" title="Connections" note="by state">
      <Chart name="Connections by state" {...{ times, series, format: count }} least={10} />
    </Panel>
  )
}
