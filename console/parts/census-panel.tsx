/** What is over and can still be reached, by kind and route, and what of it is a leak. */
import type { CensusLook, CensusReport, Look } from '../../src/ops/live/wire.ts'
import { count, duration, time } from '../format.ts'
import { type Named, serversOf } from '../live/totals.ts'
import { Empty } from './empty.tsx'
import { Panel } from './panel.tsx'

const ROWS_MAX = 10

export function CensusPanel({ look }: { readonly look: Look }) {
  const all = serversOf(look).map(({ slot, value }): Named<CensusLook> => ({ slot, value: value.census }))
  const taken = all.flatMap(({ slot, value }): Named<CensusReport>[] =>
    value.report === null ? [] : [{ slot, value: value.report }],
  )
  const watched = all.reduce((sum, { value }) => sum + value.watched, 0)
  const at = Math.max(...taken.map(({ value }) => value.takenAt))
  const note = taken.length === 0 ? 'none taken yet' : `taken ${time(at)}`
  return (
    <Panel id="census" title="Census" note={note}>
      <p class="line">
        <b data-census="watched">{count(watched)}</b> ended and watched until released
        {taken.length > 0 && (
          <>
            {' · '}
            <b data-census="retained">{count(look.point.retained)}</b> retained at the last census
          </>
        )}
      </p>
      {taken.length === 0 ? (
        <Empty line="A census is taken every five minutes by itself, or now, with “Collect garbage”." />
      ) : (
        <RetainedTable taken={taken} />
      )}
      {taken.flatMap(({ slot, value }) =>
        value.leaks.map(({ kind, route, sentence }) => (
          <p class="verdict bad" key={`${slot} ${kind} ${route}`}>
            <b>Leak{slot === null ? '' : ` in worker ${slot}`}: </b>
            {sentence}
          </p>
        )),
      )}
    </Panel>
  )
}

function RetainedTable({ taken }: { readonly taken: readonly Named<CensusReport>[] }) {
  const rows = taken
    .flatMap(({ slot, value }) => value.retained.map((group) => ({ slot, group })))
    .sort((a, b) => b.group.count - a.group.count)
  if (rows.length === 0) return <Empty line="Nothing that is over was still reachable." />
  return (
    <table>
      <thead>
        <tr>
          <th scope="col">What is retained</th>
          <th scope="col" class="number">
            count
          </th>
          <th scope="col" class="number">
            oldest
          </th>
        </tr>
      </thead>
      <tbody>
        {rows.slice(0, ROWS_MAX).map(({ slot, group }) => (
          <tr key={`${slot} ${group.kind} ${group.route}`}>
            <th scope="row">
              {group.kind} <code>{group.route}</code>
              {slot !== null && <span class="quiet"> worker {slot}</span>}
            </th>
            <td class="number">{count(group.count)}</td>
            <td class="number">{duration(group.oldestMs)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}
