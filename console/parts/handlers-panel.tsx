/** How long handlers took in the last minute, by route; those that run now, the slowest first; and those that have outlived their connection. */
import type { Look, WorkLook } from '../../src/ops/live/wire.ts'
import { count, duration } from '../format.ts'
import { type Durations, slowest } from '../live/durations.ts'
import { type Named, serversOf } from '../live/totals.ts'
import { DurationsTable } from './durations-table.tsx'
import { Empty } from './empty.tsx'
import { Panel } from './panel.tsx'

type Group = WorkLook['left'][number]

const ROWS_MAX = 8

interface HandlersPanelProps {
  readonly look: Look
  readonly durations: readonly Durations[]
  readonly bounds: readonly number[]
}

export function HandlersPanel({ look, durations, bounds }: HandlersPanelProps) {
  const works = serversOf(look).map(({ slot, value }): Named<WorkLook> => ({ slot, value: value.work }))
  const rows = works
    .flatMap(({ slot, value }) => [
      ...value.running.map((group) => ({ slot, group, overdue: group.overdue, left: false })),
      ...value.left.map((group) => ({ slot, group, overdue: 0, left: true })),
    ])
    .sort((a, b) => b.group.oldestMs - a.group.oldestMs)
    .slice(0, ROWS_MAX)
  const abandoned = works.reduce((sum, { value }) => sum + value.abandoned, 0)
  return (
    <Panel id="handlers" title="Slowest handlers" note="of the last minute">
      <DurationsTable routes={slowest(durations, bounds).slice(0, ROWS_MAX)} />
      <h3>Running now</h3>
      {rows.length === 0 ? (
        <Empty line="No handler is running." />
      ) : (
        <table>
          <thead>
            <tr>
              <th scope="col">Handler</th>
              <th scope="col" class="number">
                running
              </th>
              <th scope="col" class="number">
                longest
              </th>
              <th scope="col" class="wide">
                declared
              </th>
            </tr>
          </thead>
          <tbody>
            {rows.map(({ slot, group, overdue, left }) => (
              <tr key={`${slot} ${group.route} ${group.name} ${left}`}>
                <th scope="row">
                  <code>{group.route}</code> {group.name}
                  {overdue > 0 && <span class="tag bad">{count(overdue)} overdue</span>}
                  {left && <span class="tag warn">connection gone</span>}
                </th>
                <td class="number">{count(group.count)}</td>
                <td class="number">{duration(group.oldestMs)}</td>
                <td class="wide quiet">{placeOf(group)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {abandoned > 0 && (
        <p class="verdict warn">
          {count(abandoned)} waited for what can never come, and were collected: see /debug/work.
        </p>
      )}
    </Panel>
  )
}

function placeOf({ lines: [line] }: Group): string {
  return line === undefined ? '' : `${line.file.split('/').at(-1)}:${line.line}`
}
