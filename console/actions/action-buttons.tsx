/** The buttons of what can be done. Each only asks; the dialog does. */
import { useActions } from './actions-provider.tsx'

export function ActionButtons() {
  const { all, running, ask } = useActions()
  if (all.length === 0) return null
  return (
    <nav class="actions" aria-label="Actions">
      {all.map((action) => (
        <button
          type="button"
          key={action.name}
          data-action={action.name}
          class={action.isGrave ? 'grave' : ''}
          disabled={running.includes(action.name)}
          onClick={() => ask(action)}
        >
          {action.button}…
        </button>
      ))}
    </nav>
  )
}
