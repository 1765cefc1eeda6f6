/** The head of the page: what is looked at, whether it is live, and what can be done. */
import { ActionButtons } from '../actions/action-buttons.tsx'
import { duration } from '../format.ts'
import type { State } from '../live/state.ts'
import { processesOf } from '../live/totals.ts'
import { PhasePill } from './phase-pill.tsx'

export function Header({ state }: { readonly state: State }) {
  const { hello, look } = state
  return (
    <header class="top">
      <div class="name">
        <h1>Holdfast</h1>
        <PhasePill state={state} />
        {look !== null && look.notReady.length > 0 && state.phase === 'live' && (
          <p class="pill refused lines" data-not-ready role="status">
            <span class="dot" aria-hidden="true" />
            <span>Not ready: {look.notReady.join('; ')}</span>
          </p>
        )}
      </div>
      {hello !== null && (
        <p class="what">
          <span>{hello.mode === 'supervisor' ? 'supervisor' : 'server'}</span>
          <span>{hello.holdfast}</span>
          <span>Node {hello.node.replace(/^v/, '')}</span>
          {look !== null && <Running state={state} />}
        </p>
      )}
      <ActionButtons />
    </header>
  )
}

function Running({ state: { look } }: { readonly state: State }) {
  if (look === null) return null
  const own = look.supervisor ?? processesOf(look)[0]?.value
  if (own === undefined) return null
  return (
    <>
      <span>pid {own.pid}</span>
      <span>up {duration(own.uptimeMs)}</span>
    </>
  )
}
