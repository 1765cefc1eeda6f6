/** Drains and handoffs: where one is that goes on, and what the last one has done; and what was found in workers that were replaced. */

import type { KeptAutopsy, Look, SupervisorLook } from '../../src/ops/live/wire.ts'
import { counted, duration, time } from '../format.ts'
import { serversOf } from '../live/totals.ts'
import { DrainLine } from './drain-line.tsx'
import { Empty } from './empty.tsx'
import { Panel } from './panel.tsx'
import { Progress } from './progress.tsx'

export function RolloutPanel({ look }: { readonly look: Look }) {
  const { supervisor } = look
  const drains = serversOf(look).flatMap(({ slot, value }) =>
    value.drain === null ? [] : [{ slot, drain: value.drain }],
  )
  const isQuiet =
    drains.length === 0 && (supervisor === null || (supervisor.progress === null && supervisor.lastReload === null))
  return (
    <Panel id="rollout" title={supervisor === null ? 'Drains' : 'Drains and handoffs'} note={noteOf(supervisor)}>
      {supervisor !== null && <Handoffs supervisor={supervisor} />}
      {drains.map(({ slot, drain }) => (
        <DrainLine key={slot} slot={slot} drain={drain} />
      ))}
      {isQuiet && <Empty line={supervisor === null ? 'Nothing has been drained.' : 'No drain, no reload so far.'} />}
      {supervisor !== null && <Autopsies autopsies={supervisor.autopsies} />}
    </Panel>
  )
}

function noteOf(supervisor: SupervisorLook | null): string {
  if (supervisor === null) return ''
  const { state, reloads, recycles, crashes } = supervisor
  return `${state} · ${counted(reloads, 'reload')} · ${counted(recycles, 'recycle')} · ${counted(crashes, 'crash', 'crashes')}`
}

function Handoffs({ supervisor: { progress, lastReload } }: { readonly supervisor: SupervisorLook }) {
  return (
    <>
      {progress !== null && (
        <>
          <Progress
            label={`Worker ${progress.step} of ${progress.steps}: ${progress.phase}`}
            done={progress.moved}
            total={progress.total}
          />
          <p class="line quiet">Generation {progress.generation}: connections move to the new worker.</p>
        </>
      )}
      {lastReload !== null && 'moved' in lastReload && (
        <p class="line" data-reload={lastReload.generation}>
          <b>Last reload</b>, generation {lastReload.generation}: {counted(lastReload.moved, 'connection')} moved in{' '}
          {duration(lastReload.durationMs)}
          {lastReload.drained.total > 0 && `, ${counted(lastReload.drained.total, 'other')} drained`}
          {lastReload.unanswered > 0 && `, ${lastReload.unanswered} unanswered`}.
        </p>
      )}
      {lastReload !== null && 'reason' in lastReload && (
        <p class="verdict bad">
          <b>The last reload failed:</b> {lastReload.reason}
        </p>
      )}
    </>
  )
}

function Autopsies({ autopsies }: { readonly autopsies: readonly KeptAutopsy[] }) {
  return (
    <>
      <h3>Autopsies of replaced workers</h3>
      {autopsies.length === 0 && (
        <Empty line="None so far: a worker is looked at after its handoff, before it exits." />
      )}
      <ul class="list">
        {autopsies.map(({ at, pid, slot, generation, verdict, sentence, left }) => (
          <li key={pid}>
            <span class={`tag ${verdict === 'leak' ? 'bad' : verdict === 'clean' ? 'good' : 'warn'}`}>{verdict}</span>{' '}
            worker {slot}, generation {generation}, pid {pid} <span class="quiet">at {time(at)}</span>
            {verdict !== 'clean' && <p>{sentence}</p>}
            {left.map(({ kind, route, count }) => (
              <p key={`${kind} ${route}`}>
                {counted(count, kind)} of <code>{route}</code>
              </p>
            ))}
          </li>
        ))}
      </ul>
    </>
  )
}
