/** What a timer may be given: checked where the mistake is made. Pure. */
import { HoldfastError } from './errors.ts'

const DELAY_MS_MAX = 2 ** 40

/** @throws HoldfastError HF_DELAY_INVALID unless `delayMs` is a number from `min` to about 35 years */
export function checkDelay(method: string, delayMs: number, min: number): void {
  if (typeof delayMs === 'number' && delayMs >= min && delayMs <= DELAY_MS_MAX) return
  throw new HoldfastError('HF_DELAY_INVALID', { method, delay: String(delayMs), min, max: DELAY_MS_MAX })
}
