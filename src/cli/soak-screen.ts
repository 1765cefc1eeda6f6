/**
 * How a soak goes on, for whoever watches: a chart that is drawn over and over where there is a terminal, otherwise a line for each
 * round. Owned by the command; ends with `clear()`.
 */
import { bytesInAll, count } from '../diagnose/soak/figures.ts'
import type { MemorySeries } from '../diagnose/soak/memory-source.ts'
import type { SoakProgress, SoakRound } from '../diagnose/soak/soak-report.ts'
import type { Terminal } from './command.ts'
import { barOf } from './progress-bar.ts'
import { chartLines } from './soak-chart.ts'

/** Where nobody knows better. */
const COLUMNS = 80
/** Up so many lines, then nothing below. */
const up = (lines: number): string => (lines > 0 ? `\x1b[${lines}A\x1b[0J` : '\x1b[0J')

export class SoakScreen {
  readonly #terminal: Terminal
  readonly #series: readonly MemorySeries[]
  readonly #quiet: boolean
  readonly #rounds: SoakRound[] = []
  #left = false
  #drawn = 0
  #problems = 0

  /** @param quiet no lines where there is no terminal */
  constructor(terminal: Terminal, series: readonly MemorySeries[], quiet: boolean) {
    this.#terminal = terminal
    this.#series = series
    this.#quiet = quiet
  }

  show(progress: SoakProgress): void {
    if (progress.step === 'round') {
      this.#rounds.push(progress.round)
      this.#problems += progress.problems
    }
    if (this.#left) return
    if (this.#terminal.draw !== null) this.#draw(wordsOf(progress))
    else if (!this.#quiet && isWorthALine(progress)) this.#terminal.note(this.#lineOf(progress))
  }

  /** Takes away what was drawn. */
  clear(): void {
    if (this.#drawn > 0) this.#terminal.draw?.(up(this.#drawn - 1))
    this.#drawn = 0
  }

  /** Takes it away, and draws no more: others have something to say from now on. */
  leave(): void {
    this.clear()
    this.#left = true
  }

  /** What was drawn last, to stay. */
  chart(): string[] {
    return this.#rounds.length === 0 ? [] : chartLines(this.#series, this.#rounds, this.#columns)
  }

  get #columns(): number {
    return process.stderr.columns ?? COLUMNS
  }

  #draw(words: string): void {
    const wrong = this.#problems === 0 ? '' : `  (${count(this.#problems)} connections had trouble)`
    const lines = [...this.chart(), `${words}${wrong}`]
    // A line that is broken in two would be counted as one.
    const fitting = lines.map((line) => line.slice(0, this.#columns - 1))
    this.#terminal.draw?.(`${up(this.#drawn - 1)}${fitting.join('\n')}`)
    this.#drawn = lines.length
  }

  #lineOf(progress: SoakProgress): string {
    if (progress.step !== 'round') return wordsOf(progress)
    const { round, planned, problems } = progress
    const figures = this.#series.map(({ name }, at) => `${name} ${bytesInAll(round.samples[at] as number)}`)
    const wrong = problems === 0 ? [] : [`${count(problems)} had trouble`]
    const warm = round.isWarmup ? ' (warm-up)' : ''
    const parts = [`${count(round.connections)} connections`, ...figures, ...wrong]
    return `round ${round.round} of ${planned}${warm}: ${parts.join(', ')}`
  }
}

function isWorthALine({ step }: SoakProgress): boolean {
  return step !== 'wave' && step !== 'settle' && step !== 'sample'
}

function wordsOf(progress: SoakProgress): string {
  if (progress.step === 'extended')
    return `not clear yet, so it goes on to round ${progress.planned}: ${progress.because}`
  if (progress.step === 'vanished') {
    const patience = Math.round(progress.waitMs / 1_000)
    return `${count(progress.held)} vanished connections are still held by the server: waiting for up to ${patience} s`
  }
  if (progress.step === 'cooldown') return `it grows: is it still there after ${progress.waitMs / 1_000} s?`
  if (progress.step === 'why') return 'looking for the cause'
  const { planned } = progress
  const [round, what] =
    progress.step === 'round' ? [progress.round.round, 'done'] : [progress.round, STEPS[progress.step]]
  return `${barOf(round / planned)} round ${round} of ${planned}: ${what}`
}

const STEPS = { wave: 'connections come and go', settle: 'it settles', sample: 'memory is sampled' } as const
