/** A page of connections. Each can be opened, to see what has happened to it. */
import { useState } from 'preact/hooks'
import type { ConnectionLine } from '../../src/ops/live/wire.ts'
import { ConnectionRow } from './connection-row.tsx'

interface ConnectionsTableProps {
  readonly rows: readonly ConnectionLine[]
  readonly slot: number | null
  readonly isEnded: boolean
}

export function ConnectionsTable({ rows, slot, isEnded }: ConnectionsTableProps) {
  const [opened, setOpened] = useState<string | null>(null)
  return (
    <table class="connections">
      <thead>
        <tr>
          <th scope="col">Connection</th>
          <th scope="col">{isEnded ? 'why it ended' : 'state'}</th>
          <th scope="col" class="number">
            {isEnded ? 'lasted' : 'age'}
          </th>
          <th scope="col" class="number wide">
            quiet for
          </th>
          <th scope="col" class="number wide">
            in
          </th>
          <th scope="col" class="number wide">
            out
          </th>
          <th scope="col" class="number wide">
            waiting
          </th>
          <th scope="col" class="number wide">
            round trip
          </th>
        </tr>
      </thead>
      <tbody>
        {rows.map((line) => (
          <ConnectionRow
            key={line.id}
            {...{ line, slot, isEnded }}
            isOpened={opened === line.id}
            rowOnToggle={() => setOpened(opened === line.id ? null : line.id)}
          />
        ))}
      </tbody>
    </table>
  )
}
