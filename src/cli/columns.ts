/** Tables of characters for a terminal: as many columns as fit, the least important left out first. Pure. */

/** How something is to be seen, where there are colours. */
export type Tone = 'plain' | 'strong' | 'dim' | 'good' | 'warn' | 'bad'

export interface Cell {
  readonly text: string
  readonly tone?: Tone
}

export interface Column<Row> {
  readonly head: string
  /** Numbers stand to the right. */
  readonly right?: true
  /** The greatest goes first when there is no room. */
  readonly rank: number
  cell(row: Row): Cell | string
}

const SGR: Readonly<Record<Tone, string>> = { plain: '', strong: '1', dim: '2', good: '32', warn: '33', bad: '31' }
const GAP = '  '

export function paint(text: string, tone: Tone, colour: boolean): string {
  return colour && SGR[tone] !== '' ? `\x1b[${SGR[tone]}m${text}\x1b[0m` : text
}

/** No longer than the terminal is wide: a line that is broken in two would be counted as one. */
export function cut(text: string, width: number): string {
  const signs = [...text]
  if (signs.length <= width) return text
  return width < 1 ? '' : `${signs.slice(0, width - 1).join('')}…`
}

/** A line of heads, and one for each row. */
export function table<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  width: number,
  colour: boolean,
): string[] {
  const all = columns.map((column) => {
    const cells = rows.map((row) => cellOf(column.cell(row)))
    return { column, cells, width: Math.max(...[column.head, ...cells.map(({ text }) => text)].map(lengthOf)) }
  })
  let fitting = all
  while (fitting.length > 1 && widthOf(fitting) > width) {
    const last = fitting.reduce((one, other) => (other.column.rank > one.column.rank ? other : one))
    fitting = fitting.filter((one) => one !== last)
  }
  const [only] = fitting
  // What is left alone may still be too long.
  const limit = fitting.length === 1 && only !== undefined ? Math.min(only.width, width) : Number.POSITIVE_INFINITY
  const line = (cellAt: (one: (typeof all)[number]) => Cell): string =>
    fitting
      .map((one, index) => {
        const { text, tone = 'plain' } = cellAt(one)
        const isLast = index === fitting.length - 1
        return paint(
          padded(cut(text, limit), Math.min(one.width, limit), one.column.right === true, isLast),
          tone,
          colour,
        )
      })
      .join(GAP)
  return [
    line(({ column }) => ({ text: column.head, tone: 'dim' })),
    ...rows.map((_, index) => line(({ cells }) => cells[index] as Cell)),
  ]
}

function cellOf(cell: Cell | string): Cell {
  return typeof cell === 'string' ? { text: cell } : cell
}

function lengthOf(text: string): number {
  return [...text].length
}

function widthOf(columns: readonly { readonly width: number }[]): number {
  return columns.reduce((sum, { width }) => sum + width, 0) + GAP.length * (columns.length - 1)
}

function padded(text: string, width: number, right: boolean, isLast: boolean): string {
  const room = ' '.repeat(Math.max(0, width - lengthOf(text)))
  if (right) return room + text
  return isLast ? text : text + room
}
