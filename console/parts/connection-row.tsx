/** One connection in a line, and beneath it, when it is opened, its timeline. */
import type { ConnectionLine } from '../../src/ops/live/wire.ts'
import { bytes, count, duration } from '../format.ts'
import { ConnectionTimeline } from './connection-timeline.tsx'

interface ConnectionRowProps {
  readonly line: ConnectionLine
  readonly slot: number | null
  readonly isEnded: boolean
  readonly isOpened: boolean
  rowOnToggle(): void
}

const COLUMNS = 8

export function ConnectionRow({ line, slot, isEnded, isOpened, rowOnToggle }: ConnectionRowProps) {
  const { id, route, ageMs, quietMs, messagesReceived, messagesSent, bufferedBytes, pings } = line
  return (
    <>
      <tr class={isOpened ? 'opened' : ''}>
        <th scope="row">
          <button
            type="button"
            class="row"
            aria-expanded={isOpened}
            aria-controls={`timeline-${id}`}
            onClick={rowOnToggle}
          >
            <code>{id}</code>
          </button>
          <span class="quiet">{route}</span>
        </th>
        <td>{isEnded ? (line.ending?.cause ?? line.state) : <StateTags line={line} />}</td>
        <td class="number">{duration(ageMs)}</td>
        <td class="number wide">{duration(quietMs)}</td>
        <td class="number wide">{count(messagesReceived)}</td>
        <td class="number wide">{count(messagesSent)}</td>
        <td class={`number wide${bufferedBytes === 0 ? ' zero' : ''}`}>{bytes(bufferedBytes)}</td>
        <td class="number wide">{pings === null || pings.answered === 0 ? '–' : duration(pings.lastMs)}</td>
      </tr>
      {isOpened && (
        <tr class="detail">
          <td colSpan={COLUMNS} id={`timeline-${id}`}>
            <ConnectionTimeline id={id} slot={slot} />
          </td>
        </tr>
      )}
    </>
  )
}

function StateTags({ line: { state, readingPaused, running } }: { readonly line: ConnectionLine }) {
  return (
    <>
      {state}
      {readingPaused && <span class="tag warn">reading paused</span>}
      {running !== null && <span class={`tag ${running.overdue ? 'bad' : ''}`}>in {running.handler}</span>}
    </>
  )
}
