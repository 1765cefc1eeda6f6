/** Numbers, bytes and times as people read them. Pure functions. */

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** `12,345`. Where there is nothing to say, a dash. */
export function count(value: number | null | undefined): string {
  return value === null || value === undefined || Number.isNaN(value) ? '–' : Math.round(value).toLocaleString('en-US')
}

/** `3.2` below ten, whole above. */
export function rate(value: number | null | undefined): string {
  if (value === null || value === undefined || Number.isNaN(value)) return '–'
  return value > 0 && value < 10 ? (Math.round(value * 10) / 10).toString() : count(value)
}

/** `84.2 MB`; powers of ten. */
export function bytes(value: number | null | undefined): string {
  if (value === null || value === undefined || Number.isNaN(value)) return '–'
  const units = ['B', 'kB', 'MB', 'GB', 'TB'] as const
  let left = value
  let at = 0
  while (Math.abs(left) >= 1_000 && at < units.length - 1) {
    left /= 1_000
    at++
  }
  return `${at === 0 || Math.abs(left) >= 100 ? Math.round(left) : left.toFixed(1).replace('.0', '')} ${units[at]}`
}

/** `850 ms`, `12 s`, `3 min 5 s`, `2 h 10 min`, `4 d 3 h`. */
export function duration(ms: number | null | undefined): string {
  if (ms === null || ms === undefined || Number.isNaN(ms)) return '–'
  if (ms < 1_000) return `${ms < 10 ? Math.round(ms * 10) / 10 : Math.round(ms)} ms`
  if (ms < 10_000) return `${(ms / 1_000).toFixed(1)} s`
  if (ms < MINUTE) return `${Math.round(ms / 1_000)} s`
  if (ms < HOUR) return two(ms, MINUTE, 'min', 1_000, 's')
  return ms < DAY ? two(ms, HOUR, 'h', MINUTE, 'min') : two(ms, DAY, 'd', HOUR, 'h')
}

function two(ms: number, big: number, bigName: string, small: number, smallName: string): string {
  const rest = Math.floor((ms % big) / small)
  return `${Math.floor(ms / big)} ${bigName}${rest === 0 ? '' : ` ${rest} ${smallName}`}`
}

/** `10:22:31`. */
export function time(at: number): string {
  const date = new Date(at)
  return [date.getHours(), date.getMinutes(), date.getSeconds()].map((part) => String(part).padStart(2, '0')).join(':')
}

export function percent(share: number): string {
  return `${share > 0 && share < 0.1 ? (share * 100).toFixed(1) : Math.round(share * 100)} %`
}

/** `1 connection`, `2 connections`. */
export function counted(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`
}
