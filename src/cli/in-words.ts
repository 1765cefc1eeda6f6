/** Times, sizes and counts as people read them in a table. Pure. */
const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
] as const

/** How long something has been so: `12s`, `5m`, `3h`, `4d`. */
export function ago(ms: number): string {
  // Two of a unit, before it is used: 90 minutes are not "2h".
  const unit = UNITS.find(([, unitMs]) => ms >= 2 * unitMs)
  return unit === undefined ? `${Math.round(ms / 1_000)}s` : `${Math.floor(ms / unit[1])}${unit[0]}`
}

export function mebibytes(bytes: number): string {
  return `${Math.round(bytes / 2 ** 20)} MiB`
}

/** `1 connection`, `2 connections`. */
export function connectionsIn(count: number | string): string {
  return `${count} connection${String(count) === '1' ? '' : 's'}`
}
