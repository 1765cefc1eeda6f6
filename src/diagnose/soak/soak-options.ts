/** The options of a soak, declared: what each does, and what goes wrong without it. */
import { integerOption, type Options, type OptionTable } from '../../base/options.ts'

export const SOAK_OPTIONS = {
  rounds: integerOption(0, 100_000, {
    default: 0,
    about:
      'Rounds that are judged; 0: 20 where the target collects before each sample, 40 elsewhere. When that is not enough to tell, up to as many again.',
    without: 'one sample after the other is taken for ever.',
  }),
  warmup: integerOption(0, 10_000, {
    default: 4,
    about: 'Rounds before, which are not judged.',
    without: 'what a program makes once, code and caches, is taken for growth.',
  }),
  connections: integerOption(1, 15_000, {
    default: 200,
    about: 'Connections of each round, all open at the same time.',
    without: 'growth by single connections drowns in what memory does by itself.',
  }),
  atOnce: integerOption(1, 500, {
    default: 50,
    about: 'So many connections are being opened at once.',
    without: 'the backlog of the listener overflows, and some wait a second for nothing.',
  }),
  rate: integerOption(0, 100_000, {
    default: 0,
    about: 'New connections in a second at most; 0: as fast as they are answered.',
    without: 'a limit of the server refuses what is only a test.',
  }),
  settleMs: integerOption(0, 600_000, {
    default: 1_000,
    about: 'How long it is quiet after each round before memory is sampled.',
    without: 'what the server lets go of a moment later is taken for kept.',
  }),
  cooldownMs: integerOption(0, 3_600_000, {
    default: 10_000,
    about: 'How long a leak is given to go away by itself before it is called one.',
    without: 'what is let go of by a timer is taken for a leak.',
  }),
  patienceMs: integerOption(0, 3_600_000, {
    default: 60_000,
    about: 'How long the server may take to let go of connections whose clients have vanished.',
    without: 'half-open connections that are kept for ever are waited for, for ever.',
  }),
  openTimeoutMs: integerOption(100, 600_000, {
    default: 10_000,
    about: 'How long a connection may take to be open.',
    without: 'one that is never answered holds up its round.',
  }),
  answerTimeoutMs: integerOption(100, 600_000, {
    default: 10_000,
    about: 'How long each answer that is expected may take, and the goodbye.',
    without: 'a server that says nothing holds up a round.',
  }),
  toleranceBytes: integerOption(0, 1_000_000_000, {
    default: 0,
    about:
      'Growth by less than so many bytes for each connection is none; 0: 64 for a heap that is collected first, 1,024 for what is not, and for RSS.',
    without: 'the growth of a table of strings is called a leak.',
  }),
} as const satisfies OptionTable

export type SoakOptions = Options<typeof SOAK_OPTIONS>
