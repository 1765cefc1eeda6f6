/** How late the event loop is, over time, of the worst process. */
import { useMemo } from 'preact/hooks'
import type { Look, Point } from '../../src/ops/live/wire.ts'
import { Chart } from '../charts/chart.tsx'
import type { Series } from '../charts/series.ts'
import { duration, percent } from '../format.ts'
import { timesOf } from '../live/rates.ts'
import { processesOf } from '../live/totals.ts'
import { Panel } from './panel.tsx'

interface LoopPanelProps {
  readonly look: Look
  readonly points: readonly Point[]
}

export function LoopPanel({ look, points }: LoopPanelProps) {
  const { times, series } = useMemo(() => {
    const series: Series[] = [
      { label: 'p99', color: '--accent', values: points.map(({ loopP99Ms }) => loopP99Ms) },
      { label: 'worst', color: '--second', values: points.map(({ loopMaxMs }) => loopMaxMs), dash: true },
    ]
    return { times: timesOf(points), series }
  }, [points])
  const busy = processesOf(look).flatMap(({ value }) => value.loop?.busy ?? [])
  const note = busy.length === 0 ? '' : `busy ${percent(Math.max(...busy))} of the time`
  return (
    <Panel id="loop" title="Event-loop delay" note={note}>
      <Chart name="Event-loop delay" {...{ times, series, format: duration }} least={20} />
    </Panel>
  )
}
