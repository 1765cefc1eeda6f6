/** One drain: how far it is, or what became of its connections. */
import type { DrainLook } from '../../src/ops/live/wire.ts'
import { count, counted, duration, time } from '../format.ts'
import { Progress } from './progress.tsx'

export function DrainLine({ slot, drain }: { readonly slot: number | null; readonly drain: DrainLook }) {
  const { beganAt, total, left, report } = drain
  const who = slot === null ? 'Drain' : `Drain of worker ${slot}`
  if (report === null) {
    return <Progress label={`${who}, since ${time(beganAt)}`} done={Math.max(0, total - left)} total={total} />
  }
  return (
    <>
      <p class="line" data-drain="done">
        <b>{who}</b> at {time(beganAt)}: {counted(report.total, 'connection')} in {duration(report.durationMs)};{' '}
        {count(report.finished)} finished, {count(report.forced)} cut short, {count(report.moved)} moved,{' '}
        {count(report.gone)} had left.
      </p>
      {report.forcedBy.slice(0, 3).map(({ route, kind, name, connections }) => (
        <p class="line quiet" key={`${route} ${kind} ${name}`}>
          Cut short: {kind} {name} on <code>{route}</code>, {counted(connections, 'connection')}
        </p>
      ))}
    </>
  )
}
