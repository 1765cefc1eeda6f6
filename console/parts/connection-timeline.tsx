/** What has happened to one connection, in its order. Asked for when it is opened. */
import { useEffect, useState } from 'preact/hooks'
import type { ConnectionReport, TimelineEntry } from '../../src/ops/live/wire.ts'
import { count, duration, time } from '../format.ts'
import { debugPath, getJson } from '../live/ask.ts'

interface ConnectionTimelineProps {
  readonly id: string
  readonly slot: number | null
}

export function ConnectionTimeline({ id, slot }: ConnectionTimelineProps) {
  const [report, setReport] = useState<ConnectionReport | null>(null)
  const [problem, setProblem] = useState<string | null>(null)
  useEffect(() => {
    const stop = new AbortController()
    getJson<ConnectionReport>(debugPath(slot, `connections/${encodeURIComponent(id)}`), stop.signal).then(
      setReport,
      (thrown: unknown) => {
        if (!stop.signal.aborted) setProblem((thrown as Error).message)
      },
    )
    return () => stop.abort()
  }, [id, slot])
  if (problem !== null) return <p class="verdict bad">{problem}</p>
  if (report === null) return <p class="empty">Asking…</p>
  const { openedAt, timeline, ending, pings, messagesReceived, messagesSent, quietMs } = report
  return (
    <div class="timeline">
      <p class="line">
        {count(messagesReceived)} in, {count(messagesSent)} out, quiet for {duration(quietMs)}
        {pings !== null &&
          pings.answered > 0 &&
          `, round trip ${duration(pings.lastMs)}, at worst ${duration(pings.worstMs)}`}
        {pings?.unansweredMs != null && `, a ping unanswered for ${duration(pings.unansweredMs)}`}
      </p>
      <ol>
        <li>
          <span class="number">{time(Date.parse(openedAt))}</span> opened
        </li>
        {timeline.map((entry) => (
          <Entry key={`${entry.atMs} ${entry.what} ${entry.detail}`} entry={entry} />
        ))}
      </ol>
      {ending !== null && (
        <p class="line">
          <b>{ending.cause}</b>: {ending.text}.
        </p>
      )}
    </div>
  )
}

function Entry({ entry: { atMs, what, detail, again, entries } }: { readonly entry: TimelineEntry }) {
  if (what === 'left out') return <li class="quiet">… {count(entries)} left out</li>
  return (
    <li>
      <span class="number">+{duration(atMs)}</span> {what}
      {detail !== undefined && <b> {detail}</b>}
      {again !== undefined && <span class="quiet"> and {count(again)} times more since the one before</span>}
    </li>
  )
}
