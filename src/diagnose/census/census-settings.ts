/** The options of a census. Constants. */
import { integerOption, type Options, readOptions } from '../../base/options.ts'

const MINUTE = 60_000
const DAY = 24 * 60 * MINUTE

export const CENSUS_OPTIONS = {
  everyMs: integerOption(0, DAY, {
    default: 5 * MINUTE,
    about: 'How often one is taken by itself, while anything is watched; 0: only when asked for.',
    without: 'a leak is found when the memory is spent.',
  }),
  pauseMaxMs: integerOption(1, MINUTE, {
    default: 100,
    about:
      'A collection that is expected to stop the process for longer is not asked for: what the collections of V8 itself have left is counted instead.',
    without: 'a process with a large heap would stop for as long as that heap takes, twice.',
  }),
  patienceMs: integerOption(0, DAY, {
    default: 10 * MINUTE,
    about:
      'Only what ended longer ago can be a leak. Raise it above the time for which ended connections are kept on purpose.',
    without: 'work that is still finishing would be taken for a leak.',
  }),
  rises: integerOption(1, 100, {
    default: 3,
    about: 'A group leaks when there were more of it than ever at so many censuses, and fewer at none in between.',
    without: 'something that keeps a few for a while would be taken for a leak.',
  }),
  threshold: integerOption(0, 1_000_000, {
    default: 100,
    about: 'More than so many connections, or upgrade requests, of one route are a leak at once.',
    without: 'a leak that came in one piece, and stopped, would not be announced.',
  }),
  objectThreshold: integerOption(0, 1_000_000, {
    default: 10,
    about: 'The same for objects of one name that are expected to be released.',
    without: 'the same.',
  }),
  watchedMax: integerOption(10, 10_000_000, {
    default: 20_000,
    about: 'So many objects are watched; when more end than are collected, they are sampled, and the report says so.',
    without: 'watching would itself take memory without bound.',
  }),
} as const

export type CensusSettings = Options<typeof CENSUS_OPTIONS>

/** @throws HoldfastError HF_OPTION_UNKNOWN, HF_OPTION_INVALID */
export function readCensusSettings(input: Partial<CensusSettings>): CensusSettings {
  return readOptions('the census', CENSUS_OPTIONS, input)
}
