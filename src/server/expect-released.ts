/** What users expect to be released: `server.expectReleased()`. A type and a check; nothing to end. */
import { refuseUnknown, wrongArgument } from '../base/options.ts'

export interface Expectation {
  /** More than so many of this name that are still there after the patience are a leak at once; default 10. */
  readonly atMost?: number
}

const AT_MOST_MAX = 1_000_000

/** @throws HoldfastError HF_OPTION_INVALID */
export function checkExpectation(object: unknown, name: unknown, expectation: unknown = {}): void {
  const where = 'expectReleased()'
  if ((typeof object !== 'object' && typeof object !== 'function') || object === null) {
    throw wrongArgument(where, 'object', object, 'an object or a function')
  }
  if (typeof name !== 'string' || name === '') {
    throw wrongArgument(where, 'name', name, 'a name, the same for all that are alike')
  }
  if (typeof expectation !== 'object' || expectation === null) {
    throw wrongArgument(where, 'expectation', expectation, 'an object')
  }
  for (const option of Object.keys(expectation)) refuseUnknown(where, option, ['atMost'])
  const { atMost = 0 } = expectation as Expectation
  if (!Number.isInteger(atMost) || atMost < 0 || atMost > AT_MOST_MAX) {
    throw wrongArgument(where, 'atMost', atMost, `a whole number from 0 to ${AT_MOST_MAX}`)
  }
}
