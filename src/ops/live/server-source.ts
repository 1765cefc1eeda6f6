/** What the console shows of a server in its own process. Functions over what looks at it; nothing to end. */
import type { Clock } from '../../base/clock.ts'
import { HANDLER_SECONDS } from '../../connection/traffic.ts'
import type { MemoryHistory } from '../../diagnose/memory/history.ts'
import { type HealthSource, hindrances } from '../health/health.ts'
import { versionOf } from '../package-version.ts'
import type { LiveSource } from './live-channel.ts'
import { pointOf } from './point.ts'
import type { ProcessLooker } from './process-looker.ts'

/** @param health whether it is ready */
export function serverSource(
  looker: ProcessLooker,
  history: MemoryHistory,
  clock: Clock,
  health: Pick<HealthSource, 'ready'>,
): LiveSource {
  const version = versionOf()
  let readAt = 0
  return {
    hello: () =>
      Promise.resolve({
        ...{
          mode: 'server',
          holdfast: version,
          node: process.version,
          handlerSeconds: HANDLER_SECONDS,
          lastHour: history.rows(),
        },
      }),
    async look() {
      const beganAt = clock.now()
      const look = await looker.look()
      const at = look.memory.reading?.at ?? 0
      const point = pointOf(clock.wallNow(), [look], null, at !== readAt)
      readAt = at
      return {
        ...{ kind: 'look', point, processes: [{ slot: null, look, problem: null }], supervisor: null },
        notReady: hindrances(health),
        tookMs: Math.round(clock.now() - beganAt),
      }
    },
  }
}
