/** How connections ended: by whom, by code, and why where the server decided. As the ledger counts it. */

import type { Look } from '../../src/ops/live/wire.ts'
import { CLOSE_CODES } from '../../src/protocol/close-codes.ts'
import { counted } from '../format.ts'
import { addCounts, serversOf } from '../live/totals.ts'
import { Bars } from './bars.tsx'
import { Panel } from './panel.tsx'

export function EndingsPanel({ look }: { readonly look: Look }) {
  const ledgers = serversOf(look).map(({ value }) => value.ledger)
  const closed = ledgers.reduce((sum, ledger) => sum + ledger.closed, 0)
  const note =
    look.supervisor === null ? `${counted(closed, 'ending')}` : `${counted(closed, 'ending')} in workers that run`
  return (
    <Panel id="endings" title="Endings" note={note}>
      <div class="columns">
        <Bars
          title="Who ended it"
          rows={addCounts(ledgers.map(({ endingsBy }) => endingsBy)).filter(([, value]) => value > 0)}
        />
        <Bars title="Close code" rows={addCounts(ledgers.map(({ endingsByCode }) => endingsByCode))} aboutOf={nameOf} />
        <Bars
          title="Why, when the server did"
          rows={addCounts(ledgers.map(({ endingsByReason }) => endingsByReason))}
        />
        <Bars title="Refused upgrades" rows={addCounts(ledgers.map(({ refusedByReason }) => refusedByReason))} />
      </div>
    </Panel>
  )
}

function nameOf(code: string): string {
  return CLOSE_CODES.find((one) => String(one.code) === code)?.name ?? ''
}
