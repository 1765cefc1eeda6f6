/** What a chart is given. Types only. */

export interface Series {
  readonly label: string
  /** A custom property of the style sheet, such as `--accent`: it has another value in the dark. */
  readonly color: string
  /** As long as the times. */
  readonly values: readonly (number | null)[]
  /** Fill what is below it. */
  readonly fill?: boolean
  readonly dash?: boolean
}

/** How a value is shown. */
export type Format = (value: number | null | undefined) => string
