/**
 * How connections ended: by whom, by code, and why where the server decided. As the ledgers count it, those of workers that have gone included; but why
 * they decided these have not told.
 */

import type { EndingsLook, Look } from '../../src/ops/live/wire.ts'
import { CLOSE_CODES } from '../../src/protocol/close-codes.ts'
import { counted } from '../format.ts'
import { addCounts, serversOf } from '../live/totals.ts'
import { Bars } from './bars.tsx'
import { Panel } from './panel.tsx'

export function EndingsPanel({ look }: { readonly look: Look }) {
  const ledgers = serversOf(look).map(({ value }) => value.ledger)
  const all: EndingsLook[] = [...ledgers, ...(look.supervisor === null ? [] : [look.supervisor.departed])]
  const by = addCounts(all.map(({ endingsBy }) => endingsBy))
  const ended = by.reduce((sum, [, value]) => sum + value, 0)
  return (
    <Panel id="endings" title="Endings" note={counted(ended, 'ending')}>
      <div class="columns">
        <Bars title="Who ended it" rows={by.filter(([, value]) => value > 0)} />
        <Bars title="Close code" rows={addCounts(all.map(({ endingsByCode }) => endingsByCode))} aboutOf={nameOf} />
        <Bars
          title={look.supervisor === null ? 'Why, when the server did' : 'Why, when a worker that runs did'}
          rows={addCounts(ledgers.map(({ endingsByReason }) => endingsByReason))}
        />
        <Bars title="Refused upgrades" rows={addCounts(all.map(({ refusedByReason }) => refusedByReason))} />
      </div>
    </Panel>
  )
}

function nameOf(code: string): string {
  return CLOSE_CODES.find((one) => String(one.code) === code)?.name ?? ''
}
