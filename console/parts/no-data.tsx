/** In place of everything, before there was a first look. */
import type { Phase } from '../live/state.ts'

const LINES: Readonly<Record<Phase, readonly [string, string]>> = {
  connecting: ['Connecting', 'The live channel is being opened.'],
  waiting: ['No data yet', 'Connected. The first look comes within a second.'],
  live: ['No data yet', 'Connected. The first look comes within a second.'],
  stale: ['No data yet', 'Connected, but nothing has come so far: the process may be stuck.'],
  gone: ['The server does not answer', 'It has ended, or it cannot be reached.'],
  refused: [
    'The server does not let this page watch',
    'It answers, but opens no live channel: sixteen pages watch already, its token is another one now, or a proxy in between lets no WebSocket through.',
  ],
}

export function NoData({ phase }: { readonly phase: Phase }) {
  const [title, line] = LINES[phase]
  return (
    <div class="no-data">
      <h2>{title}</h2>
      <p>{line}</p>
    </div>
  )
}
