/** The options of `server.drain()`. Constants; `docs/reference/options.md` is generated from the table. */
import { z } from 'zod'
import { integerOption, type Options, type OptionsInput, option, readOptions } from '../base/options.ts'
import type { ServerOptions } from './server-options.ts'

const HOUR = 60 * 60_000
const RETRY = z.number().int().min(0).max(HOUR)

export const DRAIN_OPTIONS = {
  windowMs: integerOption(0, HOUR, {
    default: 10_000,
    about:
      'The closes are spread over so long; when the event loop is late, over longer, up to half of what timeoutMs leaves behind it. Left out: the drainWindowMs of the server.',
    without: 'all clients come back in the same moment, and the next server meets a storm.',
  }),
  timeoutMs: integerOption(0, HOUR, {
    default: 30_000,
    about:
      'Whatever still runs after so long is cut short: its connections are ended at once. Left out: the drainTimeoutMs of the server.',
    without: 'one handler that never finishes holds up the stop for ever.',
  }),
  retryAfterMs: option(
    z.tuple([RETRY, RETRY]).refine(([min, max]) => min <= max),
    'a pair [least, most] of whole numbers from 0 to 3600000',
    {
      default: [500, 2_500],
      about:
        'Each client is told a random time between these two in the reason of its close frame: when to come back. `[0, 0]` for a server with others beside it.',
      without: 'clients come back before anybody is there to take them.',
    },
  ),
  signal: option(z.custom<AbortSignal>((value) => value instanceof AbortSignal).nullable(), 'an AbortSignal', {
    default: null,
    about: 'When it aborts, what is left is ended at once, as when timeoutMs has passed.',
    without: 'a drain that has begun takes its time.',
  }),
} as const

export type DrainSettings = Options<typeof DRAIN_OPTIONS>
export type DrainOptions = OptionsInput<typeof DRAIN_OPTIONS>

/** @throws HoldfastError HF_OPTION_UNKNOWN, HF_OPTION_INVALID */
export function readDrainOptions(input: DrainOptions, options: ServerOptions): DrainSettings {
  const { drainWindowMs: windowMs, drainTimeoutMs: timeoutMs } = options
  return readOptions('drain()', DRAIN_OPTIONS, input, { windowMs, timeoutMs })
}
