/** Asks a second time, and says what it costs. Escape is no; the focus begins at no, and goes back to where it was. */
import { useLayoutEffect, useRef, useState } from 'preact/hooks'
import type { Look } from '../../src/ops/live/wire.ts'
import { slotsOf } from '../live/totals.ts'
import { Choice } from '../parts/choice.tsx'
import type { Action } from './action.ts'

interface ConfirmDialogProps {
  readonly action: Action
  readonly look: Look
  dialogOnConfirm(slot: number | null): void
  dialogOnCancel(): void
}

export function ConfirmDialog({ action, look, dialogOnConfirm, dialogOnCancel }: ConfirmDialogProps) {
  const dialog = useRef<HTMLDialogElement>(null)
  const no = useRef<HTMLButtonElement>(null)
  const slots = slotsOf(look)
  const [chosen, setChosen] = useState<number | null>(slots[0] ?? null)
  // Shown once. Closed before it is taken away: the browser gives the focus back with it, in the same step.
  useLayoutEffect(() => {
    const shown = dialog.current
    shown?.showModal()
    // The first is the choice of a worker, where there is one.
    no.current?.focus()
    return () => shown?.close()
  }, [])
  return (
    <dialog
      ref={dialog}
      aria-labelledby="question"
      onCancel={(event) => {
        event.preventDefault()
        dialogOnCancel()
      }}
    >
      <h2 id="question">{action.question}</h2>
      {action.cost(look, chosen).map((sentence) => (
        <p key={sentence}>{sentence}</p>
      ))}
      {action.ofOne && slots.length > 1 && (
        <Choice
          label="Worker"
          value={String(chosen)}
          choices={slots.map((slot) => [String(slot), String(slot)] as const)}
          choiceOnMade={(slot) => setChosen(Number(slot))}
        />
      )}
      <div class="buttons">
        <button type="button" ref={no} onClick={dialogOnCancel}>
          Cancel
        </button>
        <button
          type="button"
          class={action.isGrave ? 'confirm grave' : 'confirm'}
          data-confirm={action.name}
          onClick={() => dialogOnConfirm(action.ofOne ? chosen : null)}
        >
          {action.confirm}
        </button>
      </div>
    </dialog>
  )
}
