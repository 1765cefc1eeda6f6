/** `holdfast soak --why`: when a Node process leaks, more rounds of the soak with three snapshots around them, and who holds what grew. */
import { systemClock } from '../base/clock.ts'
import { pause } from '../diagnose/dial/waiting.ts'
import { fits } from '../diagnose/doctor/snapshot-cost.ts'
import { costWords } from './doctor-consent.ts'
import { examineInRounds } from './doctor-node.ts'
import { findingLines } from './doctor-text.ts'
import { UsageError } from './flags.ts'
import type { NameCause } from './soak.ts'

/** So many between two snapshots. */
const ROUNDS = 2
const SETTLE_MS = 1_000

/** The flag is the consent: what it costs is said, and refused where the memory is not there. */
export const nameCause: NameCause = async (pid, round, terminal, signal) => {
  const rounds = async (): Promise<void> => {
    for (let count = 0; count < ROUNDS; count++) await round()
    // What is just ending is no leak.
    await pause(systemClock, SETTLE_MS, signal)
  }
  const finding = await examineInRounds(pid, rounds, {
    ...{ terminal, signal, next: `after ${ROUNDS} more rounds` },
    async agree(cost, times) {
      const what = costWords(`process ${pid}`, cost, times)
      if (!fits(cost)) throw new UsageError(`--why: ${what}: there is not so much`)
      terminal.note(what)
    },
  })
  terminal.draw?.('')
  return findingLines(finding)
}
