/** One thing to look at: a heading, and beside it what is to be said in a word. */
import type { ComponentChildren } from 'preact'

export interface PanelProps {
  readonly id: string
  readonly title: string
  /** Beside the title. */
  readonly note?: ComponentChildren
  /** Of twelve columns; default 6. */
  readonly span?: 3 | 4 | 5 | 6 | 7 | 8 | 12
  readonly children: ComponentChildren
}

export function Panel({ id, title, note, span = 6, children }: PanelProps) {
  return (
    <section class={`panel span-${span}`} id={id} aria-labelledby={`${id}-title`}>
      <header>
        <h2 id={`${id}-title`}>{title}</h2>
        {note !== undefined && <p class="note">{note}</p>}
      </header>
      {children}
    </section>
  )
}
