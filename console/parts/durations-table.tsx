/** How long the handlers of each route took, the slowest first. */
import { count, duration, rate } from '../format.ts'
import type { RouteDurations } from '../live/durations.ts'
import { Empty } from './empty.tsx'

export function DurationsTable({ routes }: { readonly routes: readonly RouteDurations[] }) {
  if (routes.length === 0) return <Empty line="No handler has finished in the last minute." />
  return (
    <table>
      <thead>
        <tr>
          <th scope="col">Route</th>
          <th scope="col" class="number">
            calls/s
          </th>
          <th scope="col" class="number">
            p50
          </th>
          <th scope="col" class="number">
            p99
          </th>
          <th scope="col" class="number">
            errors
          </th>
        </tr>
      </thead>
      <tbody>
        {routes.map(({ route, perSecond, p50Ms, p99Ms, errors }) => (
          <tr key={route}>
            <th scope="row">
              <code>{route === '' ? 'no route' : route}</code>
            </th>
            <td class="number">{rate(perSecond)}</td>
            <td class="number">{upTo(p50Ms)}</td>
            <td class="number">{upTo(p99Ms)}</td>
            <td class={`number${errors === 0 ? ' zero' : ''}`}>{count(errors)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

/** What is known of it is the bound it is below. */
function upTo(ms: number): string {
  return Number.isFinite(ms) ? `≤ ${duration(ms)}` : 'more'
}
