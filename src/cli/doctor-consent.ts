/** Nobody's process is made to stand still before they have read what it costs, and agreed. A function; nothing to end. */
import { costSentence, fits, type SnapshotCost } from '../diagnose/doctor/snapshot-cost.ts'
import type { Terminal } from './command.ts'
import { type Given, UsageError } from './flags.ts'

/** `process 12 will stand still for about 2 s and take up to 90 MB more`. */
export function costWords(who: string, cost: SnapshotCost, times: number): string {
  return `${who} will ${times === 1 ? '' : `${times} times `}${costSentence(cost)}`
}

/** @throws UsageError when the memory is not there, or nobody has agreed */
export async function agreed(
  who: string,
  cost: SnapshotCost,
  times: number,
  { given, terminal, signal }: { readonly given: Given; readonly terminal: Terminal; readonly signal: AbortSignal },
): Promise<void> {
  const what = costWords(who, cost, times)
  if (!fits(cost)) throw new UsageError(`${what}: there is not so much; nothing was done to it`)
  terminal.note(what)
  if (given.on('yes')) return
  if (terminal.ask === null) throw new UsageError('nobody is there to agree to that: give --yes')
  const isAgreed = await terminal.ask('Go on? [y/N] ', signal)
  signal.throwIfAborted()
  if (!isAgreed) throw new UsageError('nothing was done to it')
}
