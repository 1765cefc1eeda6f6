/** The page: what is where. */

import { ActionsProvider } from './actions/actions-provider.tsx'
import type { Live } from './live/live.ts'
import { useLive } from './live/use-live.ts'
import { CensusPanel } from './parts/census-panel.tsx'
import { ConnectionsPanel } from './parts/connections-panel.tsx'
import { EndingsPanel } from './parts/endings-panel.tsx'
import { FlowPanel } from './parts/flow-panel.tsx'
import { HandlersPanel } from './parts/handlers-panel.tsx'
import { Header } from './parts/header.tsx'
import { KeyFigures } from './parts/key-figures.tsx'
import { LedgerPanel } from './parts/ledger-panel.tsx'
import { LoopPanel } from './parts/loop-panel.tsx'
import { MemoryPanel } from './parts/memory-panel.tsx'
import { NoData } from './parts/no-data.tsx'
import { OpenPanel } from './parts/open-panel.tsx'
import { RolloutPanel } from './parts/rollout-panel.tsx'
import { RoutesPanel } from './parts/routes-panel.tsx'
import { WorkersPanel } from './parts/workers-panel.tsx'

export function App({ live }: { readonly live: Live }) {
  const state = useLive(live)
  const { look, points, hello } = state
  return (
    <ActionsProvider look={look} mode={hello?.mode ?? null}>
      <a class="skip" href="#connections">
        Skip to the connections
      </a>
      <Header state={state} />
      <main class={state.phase === 'live' ? '' : 'faded'} id="main">
        {look === null ? (
          <NoData phase={state.phase} />
        ) : (
          <>
            <KeyFigures look={look} points={points} />
            <div class="grid">
              <OpenPanel points={points} />
              <FlowPanel points={points} />
              <MemoryPanel look={look} points={points} hour={state.hour} />
              <div class="stack span-5">
                <LoopPanel look={look} points={points} />
                <RoutesPanel look={look} />
              </div>
              <div class="stack span-6">
                <HandlersPanel look={look} durations={state.durations} bounds={hello?.handlerSeconds ?? []} />
                <EndingsPanel look={look} />
                {look.supervisor !== null && <LedgerPanel look={look} />}
              </div>
              <div class="stack span-6">
                <CensusPanel look={look} />
                <RolloutPanel look={look} />
                {look.supervisor === null ? (
                  <LedgerPanel look={look} />
                ) : (
                  <WorkersPanel look={look} supervisor={look.supervisor} />
                )}
              </div>
              <ConnectionsPanel look={look} />
            </div>
          </>
        )}
      </main>
      <footer>
        <p>
          Nothing on this page leaves the machine, and nothing of any client is on it. It looks once a second, while
          somebody watches.
        </p>
      </footer>
    </ActionsProvider>
  )
}
