/** Numbers as a person reads them. Pure. */
import type { Slope } from './slope.ts'

const UNITS = [
  [1e6, 'MB'],
  [1e3, 'KB'],
  [1, 'bytes'],
] as const

/** `4.1 ± 0.2 KB`, from a slope and its bounds; `?` when there is none. */
export function bytesEach(fit: Slope | null): string {
  if (fit === null) return '?'
  const half = (fit.high - fit.low) / 2
  const [size, unit] = UNITS.find(([size]) => Math.abs(fit.slope) >= size || half >= size) ?? UNITS[2]
  const places = unit === 'bytes' ? 0 : Math.min(2, Math.max(1, Math.ceil(-Math.log10(half / size || 1))))
  // Not "-0".
  const slope = (fit.slope / size + 0).toFixed(places).replace(/^-(0(\.0+)?)$/, '$1')
  return `${slope} ± ${atLeastOne(half / size, places)} ${unit}`
}

/** Rounded up where rounding would promise that there is no doubt. */
function atLeastOne(value: number, places: number): string {
  return Math.max(value, 10 ** -places).toFixed(places)
}

/** `41.3 MB`. */
export function bytesInAll(bytes: number): string {
  const [size, unit] = UNITS.find(([size]) => Math.abs(bytes) >= size) ?? UNITS[2]
  return `${(bytes / size).toFixed(unit === 'bytes' ? 0 : 1)} ${unit}`
}

/** `15,000`. */
export function count(value: number): string {
  return String(Math.round(value)).replace(/(?<=\d)(?=(\d{3})+$)/g, ',')
}
