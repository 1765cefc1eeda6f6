/** The door `holdfast/testing`: for the tests of whoever uses the library, on any test runner. */
export { expectNoLeaks, type NoLeaksOptions, type Watching } from './expect-no-leaks.ts'
