/** What can be done, for all of the page: which is asked about now, which goes on, and what came of the last. */
import { type ComponentChildren, createContext } from 'preact'
import { useContext, useState } from 'preact/hooks'
import type { Look } from '../../src/ops/live/wire.ts'
import { type Action, type ActionName, actionsOf } from './action.ts'
import { ConfirmDialog } from './confirm-dialog.tsx'
import { Notice } from './notice.tsx'

export interface Actions {
  readonly all: readonly Action[]
  /** Those that go on. */
  readonly running: readonly ActionName[]
  ask(action: Action): void
}

const Context = createContext<Actions>({ all: [], running: [], ask: () => {} })

export function useActions(): Actions {
  return useContext(Context)
}

interface ActionsProviderProps {
  readonly look: Look | null
  readonly mode: 'server' | 'supervisor' | null
  readonly children: ComponentChildren
}

export function ActionsProvider({ look, mode, children }: ActionsProviderProps) {
  const [asked, setAsked] = useState<Action | null>(null)
  const [running, setRunning] = useState<readonly ActionName[]>([])
  const [notice, setNotice] = useState<string | null>(null)
  const run = (action: Action, slot: number | null): void => {
    setAsked(null)
    setNotice(`${action.button}: under way.`)
    setRunning((all) => [...all, action.name])
    void action
      .run(slot)
      .catch((thrown: unknown) => `${action.button}: ${(thrown as Error).message}`)
      .then((outcome) => {
        setNotice(outcome)
        setRunning((all) => all.filter((name) => name !== action.name))
      })
  }
  return (
    <Context.Provider value={{ all: actionsOf(mode), running, ask: setAsked }}>
      {children}
      <Notice text={notice} noticeOnDismiss={() => setNotice(null)} />
      {asked !== null && look !== null && (
        <ConfirmDialog
          action={asked}
          look={look}
          dialogOnConfirm={(slot) => run(asked, slot)}
          dialogOnCancel={() => setAsked(null)}
        />
      )}
    </Context.Provider>
  )
}
