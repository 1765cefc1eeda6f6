/** Where the memory is: accounts that add up to RSS, on top of each other over time, and what that means in a sentence. */
import { useMemo } from 'preact/hooks'
import type { Look, MemoryAccounts, Point } from '../../src/ops/live/wire.ts'
import { Chart } from '../charts/chart.tsx'
import type { Series } from '../charts/series.ts'
import { stacked } from '../charts/stack.ts'
import { bytes } from '../format.ts'
import type { MemoryMoment } from '../live/state.ts'
import { processesOf } from '../live/totals.ts'
import { Panel } from './panel.tsx'

interface MemoryPanelProps {
  readonly look: Look
  readonly points: readonly Point[]
  readonly hour: readonly MemoryMoment[]
}

/** From the bottom up: the heap first, so that all above it is what a heap snapshot does not show. */
const ACCOUNTS: readonly (readonly [keyof MemoryAccounts, string, string])[] = [
  ['v8Used', 'heap, in use', '--memory-1'],
  ['v8Free', 'heap, empty', '--memory-2'],
  ['external', 'buffers', '--memory-3'],
  ['nativeHeap', 'native heap', '--memory-4'],
  ['code', 'compiled code', '--memory-5'],
  ['files', 'program and files', '--memory-6'],
  ['stacks', 'stacks', '--memory-7'],
  ['unexplained', 'unexplained', '--memory-8'],
]

/** A row a minute, and what was read while somebody watched, half a minute apart at most. */
const APART_S = 150

export function MemoryPanel({ look, points, hour }: MemoryPanelProps) {
  const { times, legend, series } = useMemo(() => {
    const first = points[0]?.at ?? Number.POSITIVE_INFINITY
    const read = points.flatMap(({ at, accounts }) => (accounts === null ? [] : [{ ...accounts, at }]))
    const rows: readonly MemoryMoment[] = [...hour.filter(({ at }) => at < first), ...read]
    const legend = ACCOUNTS.map(
      ([name, label, color]): Series => ({ label, color, values: rows.map((row) => row[name]) }),
    )
    return { times: rows.map(({ at }) => at / 1_000), legend, series: stacked(legend) }
  }, [points, hour])
  // Of two in a slot, during a handoff, the one that stays.
  const staying = new Map(processesOf(look).map((one) => [one.slot, one]))
  const readings = [...staying.values()].flatMap(({ slot, value: { memory } }) =>
    memory.reading === null ? [] : [{ slot, verdict: memory.reading.verdict }],
  )
  return (
    <Panel id="memory" title="Memory" note={`RSS ${bytes(look.point.rssBytes)}`} span={7}>
      <Chart name="Memory by account" {...{ times, series, legend, format: bytes }} height={208} apartS={APART_S}>
        {readings.map(({ slot, verdict }) => (
          <p class="verdict" key={slot}>
            {slot !== null && <b>Worker {slot}: </b>}
            {verdict}
          </p>
        ))}
      </Chart>
    </Panel>
  )
}
