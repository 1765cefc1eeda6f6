/** Names with counts, as bars that can be compared. */
import { count, percent } from '../format.ts'

export interface BarsProps {
  readonly title: string
  readonly rows: readonly (readonly [name: string, value: number])[]
  readonly most?: number
  /** Beside the name. */
  aboutOf?(name: string): string
}

export function Bars({ title, rows, most = 8, aboutOf = () => '' }: BarsProps) {
  const all = rows.reduce((sum, [, value]) => sum + value, 0)
  const rest = rows.slice(most).reduce((sum, [, value]) => sum + value, 0)
  const shown = rest === 0 ? rows : [...rows.slice(0, most), ['others', rest] as const]
  return (
    <div class="bars">
      <h3>{title}</h3>
      {all === 0 ? (
        <p class="empty">None so far.</p>
      ) : (
        <table>
          <tbody>
            {shown.map(([name, value]) => (
              <tr key={name} data-name={name}>
                <th scope="row">
                  {name} <span class="quiet">{aboutOf(name)}</span>
                  <meter min={0} max={all} value={value} aria-hidden="true" />
                </th>
                <td class="number">{count(value)}</td>
                <td class="number quiet share">{percent(value / all)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </div>
  )
}
