/** The numbers one looks for first, in a row. */
import type { Look, Point } from '../../src/ops/live/wire.ts'
import { bytes, count, duration, rate } from '../format.ts'
import { openOf, rateNow } from '../live/rates.ts'
import { serversOf } from '../live/totals.ts'
import { Figure } from './figure.tsx'

interface KeyFiguresProps {
  readonly look: Look
  readonly points: readonly Point[]
}

export function KeyFigures({ look, points }: KeyFiguresProps) {
  const { point } = look
  const leaving = point.draining + point.closing
  const asides = [
    ...(leaving === 0 ? [] : [`${count(leaving)} leaving`]),
    ...(point.moving === 0 ? [] : [`${count(point.moving)} moving`]),
  ]
  const imbalances = serversOf(look).flatMap(({ value }) => value.ledger.imbalances)
  const leaks = serversOf(look).flatMap(({ value }) => value.census.report?.leaks ?? [])
  const isLate = (point.loopP99Ms ?? 0) >= 100
  return (
    <dl class="figures" aria-label="Key figures">
      <Figure id="open" label="Open" value={count(openOf(point))} main note={asides.join(', ')} />
      <Figure id="arrivals" label="Arrivals" value={rate(rateNow(points, 'accepted'))} unit="/s" />
      <Figure id="departures" label="Departures" value={rate(rateNow(points, 'closed'))} unit="/s" />
      <Figure id="received" label="Messages in" value={rate(rateNow(points, 'messagesReceived'))} unit="/s" />
      <Figure id="sent" label="Messages out" value={rate(rateNow(points, 'messagesSent'))} unit="/s" />
      <Figure id="delay" label="Loop delay p99" value={duration(point.loopP99Ms)} tone={isLate ? 'warn' : 'plain'} />
      <Figure id="rss" label="RSS" value={bytes(point.rssBytes)} note={`heap ${bytes(point.heapUsedBytes)}`} />
      <Figure
        id="retained"
        label="Retained"
        value={count(point.retained)}
        tone={leaks.length > 0 ? 'bad' : 'plain'}
        note={point.retained === null ? 'no census yet' : leaks.length > 0 ? 'a leak' : ''}
      />
      <Figure
        id="balance"
        label="Ledger"
        value={imbalances.length === 0 ? 'balances' : 'does not'}
        tone={imbalances.length === 0 ? 'good' : 'bad'}
        words
      />
    </dl>
  )
}
