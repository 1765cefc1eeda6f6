/** What each route has, by state. */
import type { Look, RouteCounts } from '../../src/ops/live/wire.ts'
import { count, duration } from '../format.ts'
import { serversOf } from '../live/totals.ts'
import { Panel } from './panel.tsx'

type Row = Pick<RouteCounts, 'opening' | 'open' | 'draining' | 'moving' | 'closing' | 'oldestMs'>

const STATES = ['open', 'opening', 'draining', 'moving', 'closing'] as const
const ROWS_MAX = 12

export function RoutesPanel({ look }: { readonly look: Look }) {
  const rows = rowsOf(look)
  const most = Math.max(1, ...rows.map(([, { open }]) => open))
  const shown = rows.slice(0, ROWS_MAX)
  return (
    <Panel
      id="routes"
      title="Routes"
      note={rows.length > ROWS_MAX ? `${ROWS_MAX} of ${rows.length}` : 'by state'}
      span={5}
    >
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls sideways on a narrow screen, and a keyboard has to reach that */}
      <section class="scroll" tabIndex={0} aria-label="Connections by route and state">
        <table class="routes">
          <thead>
            <tr>
              <th scope="col">Route</th>
              {STATES.map((state) => (
                <th scope="col" class="number" key={state}>
                  {state}
                </th>
              ))}
              <th scope="col" class="number">
                oldest
              </th>
            </tr>
          </thead>
          <tbody>
            {shown.map(([route, counts]) => (
              <tr key={route} data-route={route}>
                <th scope="row">
                  <code>{route}</code>
                  <meter min={0} max={most} value={counts.open} aria-hidden="true" />
                </th>
                {STATES.map((state) => (
                  <td class={`number${counts[state] === 0 ? ' zero' : ''}`} key={state} data-state={state}>
                    {count(counts[state])}
                  </td>
                ))}
                <td class="number">{counts.oldestMs === 0 ? '–' : duration(counts.oldestMs)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </Panel>
  )
}

function rowsOf(look: Look): [string, Row][] {
  const rows = new Map<string, Row>()
  for (const { value } of serversOf(look)) {
    for (const [route, counts] of Object.entries(value.ledger.routes)) {
      const { opening, open, draining, moving, closing, oldestMs } = counts
      const before = rows.get(route)
      const added = { opening, open, draining, moving, closing, oldestMs }
      if (before !== undefined) for (const state of STATES) added[state] += before[state]
      rows.set(route, { ...added, oldestMs: Math.max(oldestMs, before?.oldestMs ?? 0) })
    }
  }
  return [...rows].sort((a, b) => b[1].open - a[1].open || (a[0] < b[0] ? -1 : 1))
}
