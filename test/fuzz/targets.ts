/**
 * All targets, in the order in which they run. Owned by main.ts and the test.
 */
import type { Target } from './target.ts'
import { damageTarget } from './targets/damage.ts'
import { headersTarget } from './targets/headers.ts'
import { mutatedTarget, validTarget } from './targets/reading.ts'
import { socketsTarget } from './targets/sockets.ts'
import { statefulTarget } from './targets/stateful.ts'

export const TARGETS: readonly Target[] = [
  validTarget(),
  mutatedTarget(),
  headersTarget,
  socketsTarget,
  damageTarget,
  statefulTarget,
]
