/** Which part of a list is shown, and the way to the others. */
import { count } from '../format.ts'

export interface PagerProps {
  readonly offset: number
  readonly page: number
  readonly matching: number
  pagerOnTurn(offset: number): void
}

export function Pager({ offset, page, matching, pagerOnTurn }: PagerProps) {
  if (matching <= page && offset === 0) return null
  const last = Math.min(matching, offset + page)
  return (
    <nav class="pager" aria-label="Pages of connections">
      <button type="button" disabled={offset === 0} onClick={() => pagerOnTurn(Math.max(0, offset - page))}>
        Newer
      </button>
      <span>
        {matching === 0 ? 0 : count(offset + 1)}–{count(last)} of <b data-matching>{count(matching)}</b>
      </span>
      <button type="button" disabled={last >= matching} onClick={() => pagerOnTurn(offset + page)}>
        Older
      </button>
    </nav>
  )
}
