/** The ledger: what began and what ended, as `/debug/ledger` says it, and whether it adds up. */
import type { Look, Point } from '../../src/ops/live/wire.ts'
import { count } from '../format.ts'
import { counterOf, serversOf } from '../live/totals.ts'
import { Panel } from './panel.tsx'

type Count = Exclude<keyof Point, 'accounts' | 'retained' | 'loopP99Ms' | 'loopMaxMs'>

export function LedgerPanel({ look }: { readonly look: Look }) {
  const { point } = look
  const imbalances = serversOf(look).flatMap(({ value }) => value.ledger.imbalances)
  const sockets = serversOf(look).reduce((sum, { value }) => sum + value.ledger.sockets, 0)
  const lines: readonly (readonly [string, readonly (readonly [string, number])[]])[] = [
    ['upgrades', [['upgrades', counterOf(look, 'upgrades')]]],
    ['= requests', entries(point, ['opening', 'refused', 'failed', 'accepted'])],
    [
      'connections',
      [
        ['accepted', point.accepted],
        ['adopted', counterOf(look, 'adopted')],
      ],
    ],
    ['= states', entries(point, ['open', 'draining', 'closing', 'moving', 'moved', 'closed'])],
    [
      'messages',
      [
        ...entries(point, ['messagesReceived', 'messagesSent', 'messagesDropped']),
        ['messagesDiscarded', counterOf(look, 'messagesDiscarded')],
      ],
    ],
    [
      'hooks, sockets',
      [
        ['openHooks', counterOf(look, 'openHooks')],
        ['closeHooks', counterOf(look, 'closeHooks')],
        ['sockets', sockets],
      ],
    ],
  ]
  return (
    <Panel id="ledger" title="Ledger" note={imbalances.length === 0 ? 'balances' : 'does not balance'}>
      <dl class="ledger">
        {lines.map(([name, values]) => (
          <div key={name}>
            <dt>{name}</dt>
            {values.map(([label, value]) => (
              <dd key={label} data-ledger={label}>
                <b>{count(value)}</b> <span>{words(label)}</span>
              </dd>
            ))}
          </div>
        ))}
      </dl>
      {imbalances.map((law) => (
        <p class="verdict bad" key={law}>
          {law}
        </p>
      ))}
    </Panel>
  )
}

function entries(from: Point, names: readonly Count[]): [Count, number][] {
  return names.map((name) => [name, from[name]])
}

/** `messagesReceived` as `received`. */
function words(label: string): string {
  return label
    .replace(/^messages/, '')
    .replace(/Hooks$/, ' hooks')
    .toLowerCase()
}
