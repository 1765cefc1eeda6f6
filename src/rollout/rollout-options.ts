/** The options of the supervisor. Constants; `docs/reference/options.md` is generated from the table. */
import { z } from 'zod'
import { integerOption, type Options, type OptionsInput, option } from '../base/options.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

export const ROLLOUT_OPTIONS = {
  port: integerOption(0, 65_535, {
    default: 8080,
    about: 'The port all workers listen on; 0 takes a free one. A socket that systemd passes goes before it.',
    without: 'nobody knows where the service is.',
  }),
  host: option(z.string().min(1).nullable(), 'a name or an address, or null for all addresses', {
    default: null,
    about: 'The address all workers listen on.',
    without: 'it listens on all addresses.',
  }),
  workers: integerOption(1, 64, {
    default: 1,
    about:
      'How many processes run the app. What is published reaches connections in all of them; limits, counts, sizes of rooms and presence are those of each.',
    without: 'one process uses one core.',
  }),
  startTimeoutMs: integerOption(100, HOUR, {
    default: 30_000,
    about:
      'A worker that is not ready within this time is ended, and counts as failed. One that is to take over from another is not ready before the conditions given to `readyWhen()` hold.',
    without: 'a version that never gets ready holds up a reload for ever.',
  }),
  bindTimeoutMs: integerOption(0, HOUR, {
    default: MINUTE,
    about: 'While the port is in use, it is tried again for so long: workers of a supervisor before may still have it.',
    without: 'a service that is started again at once fails.',
  }),
  drainWindowMs: option(z.number().int().min(0).max(HOUR).nullable(), 'null, or a whole number from 0 to 3600000', {
    default: null,
    about: 'In a drain the closes are spread over so long; null: over the drainWindowMs of the app.',
    without: 'how fast clients come back to others is up to the app, and not to who runs it.',
  }),
  drainTimeoutMs: option(z.number().int().min(0).max(HOUR).nullable(), 'null, or a whole number from 0 to 3600000', {
    default: null,
    about:
      'A drain takes at most so long, its window included; null: the drainTimeoutMs of the app. Whoever kills the process has to wait for longer.',
    without: 'the app says it, and what kills the process after a while may not know.',
  }),
  busyMoveMs: integerOption(0, HOUR, {
    default: 30_000,
    about:
      'How long a reload waits for connections whose handlers run, so that they can move too; then they are drained.',
    without: 'a handler that takes a second costs its connection.',
  }),
  recycleOldSpacePercent: integerOption(0, 99, {
    default: 0,
    about:
      'A worker whose heap, without what is young, has been over so many per cent of its limit for a while hands everything to a new one; 0: never.',
    without: 'a leak in the application ends with an out-of-memory kill, and every connection with it.',
  }),
  recycleMaxAgeMs: integerOption(0, 365 * DAY, {
    default: 0,
    about: 'A worker hands everything to a new one when it is so old, up to a tenth earlier; 0: never.',
    without: 'what grows too slowly to be seen has for ever to grow.',
  }),
  recyclePauseMs: integerOption(0, DAY, {
    default: 10 * MINUTE,
    about: 'At least so long between two recycles, of whatever workers.',
    without: 'a leak that is fast would have workers replaced all the time.',
  }),
  autopsyTimeoutMs: integerOption(0, HOUR, {
    default: MINUTE,
    about:
      'After a reload or recycle the old worker, empty, is looked at before it exits: what is over in it and still held, and who holds it. It may take so long, and keeps nobody waiting; 0: never.',
    without: 'what leaks in a version is gone with it, and nobody has seen it.',
  }),
  nodeOptions: option(
    z.array(z.string().regex(/^--/)).readonly(),
    "a list of options such as '--max-old-space-size=512'",
    {
      default: [],
      about: 'Options for Node that the workers are started with. A reload may bring others.',
      without: 'limits of V8 could not be changed without a restart.',
    },
  ),
} as const

export type RolloutOptions = Options<typeof ROLLOUT_OPTIONS>
export type RolloutOptionsInput = OptionsInput<typeof ROLLOUT_OPTIONS>
