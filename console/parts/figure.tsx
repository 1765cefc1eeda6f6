/** One number with its name. */
export interface FigureProps {
  readonly id: string
  readonly label: string
  readonly value: string
  readonly unit?: string
  readonly note?: string
  readonly tone?: 'plain' | 'good' | 'warn' | 'bad'
  /** The one that matters most. */
  readonly main?: boolean
  /** It is a word. */
  readonly words?: boolean
}

export function Figure({
  id,
  label,
  value,
  unit,
  note = '',
  tone = 'plain',
  main = false,
  words = false,
}: FigureProps) {
  return (
    <div class={`figure ${tone}${main ? ' main' : ''}${words ? ' words' : ''}`} data-figure={id}>
      <dt>{label}</dt>
      <dd>
        <span class="value">{value}</span>
        {unit !== undefined && <span class="unit">{unit}</span>}
        {note !== '' && <span class="aside">{note}</span>}
      </dd>
    </div>
  )
}
