/** Is what is shown live? Said in words, and to those who listen only when it changes. */
import { duration, time } from '../format.ts'
import type { Phase, State } from '../live/state.ts'
import { useNow } from '../live/use-now.ts'

const WORDS: Readonly<Record<Phase, string>> = {
  connecting: 'Connecting',
  waiting: 'Connected',
  live: 'Live',
  stale: 'Stale',
  gone: 'Server gone',
  refused: 'Not let in',
}

export function PhasePill({ state }: { readonly state: State }) {
  const { phase, since, retryAt } = state
  const now = useNow()
  const isTried = phase === 'gone' || phase === 'refused'
  const isOld = phase === 'stale' || isTried
  return (
    <p class={`pill ${phase}`} data-phase={phase}>
      <span class="dot" aria-hidden="true" />
      <span role="status">
        {WORDS[phase]}
        {isOld && ` since ${time(since)}`}
      </span>
      {isOld && <span class="quiet"> · {duration(Math.max(0, now - since))}</span>}
      {isTried && retryAt !== null && (
        <span class="quiet">
          {' '}
          · next try {retryAt > now ? `in ${duration(Math.ceil((retryAt - now) / 1_000) * 1_000)}` : 'now'}
        </span>
      )}
    </p>
  )
}
