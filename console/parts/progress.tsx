/** How far something is. */
import { count } from '../format.ts'

export interface ProgressProps {
  readonly label: string
  readonly done: number
  readonly total: number
}

export function Progress({ label, done, total }: ProgressProps) {
  return (
    <div class="progress">
      <span>{label}</span>
      <progress max={Math.max(1, total)} value={done} aria-label={label} />
      <span class="number">
        {count(done)} of {count(total)}
      </span>
    </div>
  )
}
