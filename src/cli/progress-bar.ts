/** A bar for a person who watches. Pure. */
const CELLS = 24

/** @param share from 0 to 1 */
export function barOf(share: number): string {
  const full = Math.round(Math.min(1, Math.max(0, share)) * CELLS)
  return `[${'#'.repeat(full)}${'.'.repeat(CELLS - full)}]`
}
