/** The state of the live channel in a component: drawn again when it changes. */
import { useEffect, useState } from 'preact/hooks'
import type { Live } from './live.ts'
import type { State } from './state.ts'

export function useLive(live: Live): State {
  const [state, setState] = useState(live.state)
  useEffect(() => live.subscribe(() => setState(live.state)), [live])
  return state
}
