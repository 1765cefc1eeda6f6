/** The memory of a soak as a chart of characters, for a terminal. Pure. */
import { bytesInAll, count } from '../diagnose/soak/figures.ts'
import type { MemorySeries } from '../diagnose/soak/memory-source.ts'
import type { SoakRound } from '../diagnose/soak/soak-report.ts'

const ROWS = 8
const COLUMNS_MAX = 72
const LABEL = 11
const WARM = '○'
const JUDGED = '●'

/** One chart below the other; as many lines whatever the rounds. @param columns of the terminal */
export function chartLines(series: readonly MemorySeries[], rounds: readonly SoakRound[], columns: number): string[] {
  const width = Math.max(20, Math.min(COLUMNS_MAX, columns - LABEL - 2))
  return series.flatMap(({ name }, at) => [name, ...chartOf(rounds, at, width)])
}

function chartOf(rounds: readonly SoakRound[], at: number, width: number): string[] {
  const values = rounds.map(({ samples }) => samples[at] as number)
  const [low, high] = [Math.min(...values), Math.max(...values)]
  const last = Math.max(1, rounds.at(-1)?.connections ?? 1)
  const cells = Array.from({ length: ROWS }, () => Array.from({ length: width }, () => ' '))
  for (const { connections, samples, isWarmup } of rounds) {
    const share = high === low ? 0 : ((samples[at] as number) - low) / (high - low)
    const row = cells[ROWS - 1 - Math.round(share * (ROWS - 1))]
    if (row !== undefined) row[Math.round((connections / last) * (width - 1))] = isWarmup ? WARM : JUDGED
  }
  const lines = cells.map((row, index) => {
    const label = index === 0 ? bytesInAll(high) : index === ROWS - 1 ? bytesInAll(low) : ''
    return `${label.padStart(LABEL - 1)} ┤${row.join('').trimEnd()}`
  })
  const right = `${count(last)} connections`
  return [...lines, `${' '.repeat(LABEL)}└${'─'.repeat(width)}`, `${' '.repeat(LABEL)} 0${right.padStart(width - 1)}`]
}
