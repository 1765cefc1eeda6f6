/** Series on top of each other. Pure. */
import type { Series } from './series.ts'

/** Each with those below it added, the topmost first: drawn in this order, each covers what is not its own of the one before. */
export function stacked(series: readonly Series[]): Series[] {
  const sums: number[] = []
  const all = series.map((one) => {
    const values = one.values.map((value, index) => {
      const sum = (sums[index] ?? 0) + (value ?? 0)
      sums[index] = sum
      return value === null ? null : sum
    })
    return { ...one, values, fill: true }
  })
  return all.reverse()
}
