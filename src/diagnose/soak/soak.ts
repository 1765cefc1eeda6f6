/**
 * The soak: rounds of connections that come, talk and leave, a sample of the target's memory after each, and a verdict.
 *
 * `soak()` owns everything it begins: when it returns or throws, no connection of it is open and nothing waits. The memory source is
 * its caller's. It ends when it can tell, after at most twice the rounds; by the signal; when the target refuses or is gone.
 */
import type { Clock } from '../../base/clock.ts'
import { HoldfastError } from '../../base/errors.ts'
import type { DialTarget } from '../dial/dial-target.ts'
import { pause } from '../dial/waiting.ts'
import { type Judgement, judge, type Point } from './judge.ts'
import type { MemorySeries, MemorySource } from './memory-source.ts'
import { refused } from './refused.ts'
import type { Step } from './script.ts'
import type { SoakOptions } from './soak-options.ts'
import type { SoakProgress, SoakReport, SoakRound } from './soak-report.ts'
import { type JudgedSeries, type SoakVerdict, soakVerdict } from './soak-verdict.ts'
import type { Leave } from './visitor.ts'
import { Vanished, type WaveResult, wave } from './wave.ts'

export interface SoakRequest {
  /** As it is shown. */
  readonly url: string
  readonly command?: string
  readonly notes?: readonly string[]
  readonly target: DialTarget
  readonly source: MemorySource
  readonly script: readonly Step[]
  readonly leaves: readonly Leave[]
  readonly options: SoakOptions
  /** So many sockets it may have at once; vanished connections that the server keeps are among them. */
  readonly socketsMax: number
  readonly clock: Clock
  readonly signal: AbortSignal
  onProgress(progress: SoakProgress): void
  /**
   * Names the cause of a leak, line by line. Called when one was found, after the source has ended, so that the inspector of the
   * target is free; `round` lets another round of connections come and go.
   */
  readonly why?: (round: () => Promise<void>) => Promise<readonly string[]>
}

const ROUNDS_COLLECTED = 20
const ROUNDS_AS_IT_IS = 40
const TOLERANCE_COLLECTED_BYTES = 64
const TOLERANCE_BYTES = 1_024
/** A leak that has shrunk by so much of what it had grown, without anybody doing anything, is none. */
const RELEASED_SHARE = 0.5
const LOOK_MS = 100

/** @throws HoldfastError HF_SOAK_FAILED when the target refuses most of a round, or is gone, or the signal aborted */
export async function soak(request: SoakRequest): Promise<SoakReport> {
  // Nothing else need keep the process alive while it is quiet.
  const hold = request.clock.hold()
  const run = new SoakRun(request)
  try {
    return await run.go()
  } finally {
    await run.end()
    hold.cancel()
  }
}

class SoakRun {
  readonly #request: SoakRequest
  readonly #vanished = new Vanished()
  readonly #rounds: SoakRound[] = []
  readonly #beganMs: number
  readonly #date: string
  #tried = 0
  #opened = 0
  #vanishedInAll = 0
  // Bounded by the kinds of things that go wrong.
  readonly #problems = new Map<string, number>()

  constructor(request: SoakRequest) {
    this.#request = request
    this.#beganMs = request.clock.now()
    this.#date = new Date(request.clock.wallNow()).toISOString()
  }

  async go(): Promise<SoakReport> {
    const { source, options, onProgress, why } = this.#request
    const first = options.rounds === 0 ? usualRounds(source.series) : options.rounds
    await this.#sample(0, true, 0)
    let planned = options.warmup + first
    let series: readonly JudgedSeries[] = []
    for (let round = 1; round <= planned; round++) {
      if (this.#vanished.size + options.connections > this.#request.socketsMax) {
        series = this.#judged()
        break
      }
      await this.#round(round, planned)
      if (round < planned) continue
      series = this.#judged()
      const open = this.#openQuestion(series)
      if (open === null || planned >= options.warmup + 2 * first) break
      planned = Math.min(options.warmup + 2 * first, planned + Math.ceil(first / 2))
      onProgress({ step: 'extended', planned, because: open })
    }
    const held = await this.#waitForVanished()
    let verdict = soakVerdict(series, held, this.#connectionsJudged())
    if (verdict.outcome === 'leak' && held === null) verdict = await this.#cooledDown(verdict)
    const grown = verdict.outcome === 'leak' ? (source.grown?.(options.warmup) ?? []) : []
    let reasons: readonly string[] = []
    if (verdict.outcome === 'leak' && why !== undefined) {
      onProgress({ step: 'why' })
      await source.end()
      reasons = await why(async () => void (await this.#wave()))
    }
    return this.#report(series, verdict, grown, reasons)
  }

  async end(): Promise<void> {
    await this.#vanished.dropAll()
  }

  async #round(round: number, planned: number): Promise<void> {
    const { options, clock, signal, onProgress } = this.#request
    onProgress({ step: 'wave', round, planned })
    const began = clock.now()
    const result = await this.#wave()
    const busyMs = clock.now() - began
    onProgress({ step: 'settle', round, planned })
    await pause(clock, options.settleMs, signal)
    onProgress({ step: 'sample', round, planned })
    const seen = await this.#sample(round, round <= options.warmup, busyMs)
    const problems = [...result.problems.values()].reduce((sum, times) => sum + times, 0)
    onProgress({ step: 'round', round: seen, planned, problems })
  }

  async #wave(): Promise<WaveResult> {
    const { target, script, leaves, clock, signal, options } = this.#request
    const { connections, atOnce, rate, openTimeoutMs, answerTimeoutMs } = options
    const limits = { openMs: openTimeoutMs, answerMs: answerTimeoutMs }
    const result = await wave(
      { target, script, connections, atOnce, perSecond: rate, leaves, limits, clock, signal },
      this.#vanished,
    )
    this.#stopWhenAborted()
    this.#tried += result.tried
    this.#opened += result.opened
    this.#vanishedInAll += result.vanished
    for (const [said, times] of result.problems) this.#problems.set(said, (this.#problems.get(said) ?? 0) + times)
    if (result.opened < result.tried / 2) throw refused(result, this.#opened - result.opened, target.path)
    return result
  }

  async #sample(round: number, isWarmup: boolean, busyMs: number): Promise<SoakRound> {
    this.#stopWhenAborted()
    const samples = await this.#request.source.sample()
    const seen = { round, connections: this.#opened, held: this.#vanished.size, samples, isWarmup, busyMs }
    this.#rounds.push(seen)
    return seen
  }

  #judged(): readonly JudgedSeries[] {
    const judged = this.#rounds.filter(({ isWarmup }) => !isWarmup)
    return this.#request.source.series.map((one, at): JudgedSeries => {
      const points = judged.map(
        ({ connections, held, samples }): Point => ({ connections, held, bytes: samples[at] as number }),
      )
      return { ...one, judgement: this.#judge(one, points) }
    })
  }

  #judge({ kind, isCollected }: MemorySeries, points: readonly Point[]): Judgement {
    const given = this.#request.options.toleranceBytes
    const usual = kind === 'heap' && isCollected ? TOLERANCE_COLLECTED_BYTES : TOLERANCE_BYTES
    return judge(points, isCollected, given === 0 ? usual : given)
  }

  /** What more rounds might tell, or null. */
  #openQuestion(series: readonly JudgedSeries[]): string | null {
    const { outcome, sentence, decidedBy } = soakVerdict(series, null, this.#connectionsJudged())
    if (outcome === 'unclear') return isHopeless(series[decidedBy]) ? null : sentence
    // Outside of the heap there is growth that ends late.
    return outcome === 'leak' && series[decidedBy]?.kind === 'rss' && series.length > 1 ? sentence : null
  }

  #connectionsJudged(): number {
    const warm = this.#rounds.filter(({ isWarmup }) => isWarmup).at(-1)
    return this.#opened - (warm?.connections ?? 0)
  }

  /** Null when the server has let go of all of them. */
  async #waitForVanished() {
    const { clock, signal, options, onProgress } = this.#request
    if (this.#vanished.size > 0) {
      onProgress({ step: 'vanished', held: this.#vanished.size, waitMs: options.patienceMs })
    }
    const until = clock.now() + options.patienceMs
    while (this.#vanished.size > 0 && clock.now() < until && !signal.aborted) await pause(clock, LOOK_MS, signal)
    this.#stopWhenAborted()
    const seconds = Math.round(options.patienceMs / 1_000)
    return this.#vanished.size === 0 ? null : { count: this.#vanished.size, vanished: this.#vanishedInAll, seconds }
  }

  /** Is it still there after a while? Sessions that end by a timer are not. */
  async #cooledDown(verdict: SoakVerdict): Promise<SoakVerdict> {
    const { clock, signal, options, source, onProgress } = this.#request
    onProgress({ step: 'cooldown', waitMs: options.cooldownMs })
    await pause(clock, options.cooldownMs, signal)
    this.#stopWhenAborted()
    const at = verdict.decidedBy
    const after = (await source.sample())[at] as number
    const judged = this.#rounds.filter(({ isWarmup }) => !isWarmup).map(({ samples }) => samples[at] as number)
    const [before = 0, last = 0] = [judged[0], judged.at(-1)]
    const share = (last - after) / (last - before)
    if (!(share > RELEASED_SHARE)) return verdict
    const seconds = options.cooldownMs / 1_000
    const sentence = `COULD NOT TELL: it grows, but ${Math.round(share * 100)} % of it was gone ${seconds} s after the last round`
    const wait = 'the server lets go late: wait longer after each round with --settle'
    return { ...verdict, outcome: 'unclear', sentence, details: [wait, ...verdict.details] }
  }

  #report(
    series: readonly JudgedSeries[],
    verdict: SoakVerdict,
    grown: SoakReport['grown'],
    why: readonly string[],
  ): SoakReport {
    const { url, command = '', notes = [], source, options, leaves, clock } = this.#request
    return {
      ...{ url, command, notes, source: source.name, date: this.#date, durationMs: clock.now() - this.#beganMs },
      ...{ options, leaves, rounds: this.#rounds, series, verdict },
      ...{ tried: this.#tried, opened: this.#opened, vanished: this.#vanishedInAll },
      problems: Object.fromEntries(this.#problems),
      ...{ grown, why },
    }
  }

  #stopWhenAborted(): void {
    if (!this.#request.signal.aborted) return
    throw new HoldfastError('HF_SOAK_FAILED', {
      ...{ seen: `it was stopped after ${Math.max(0, this.#rounds.length - 1)} rounds`, wanted: 'all rounds' },
      todo: 'let it run to its end: --rounds and --connections make it shorter',
    })
  }
}

/** When all vanished connections are still held, what they cost and what a leak costs grow together, for ever. */
function isHopeless(series: JudgedSeries | undefined): boolean {
  const { fit, points } = series?.judgement ?? { fit: null, points: [] }
  return fit === null && (points.at(-1)?.held ?? 0) > (points[0]?.held ?? 0)
}

function usualRounds(series: readonly MemorySeries[]): number {
  return series.some(({ kind, isCollected }) => kind === 'heap' && isCollected) ? ROUNDS_COLLECTED : ROUNDS_AS_IT_IS
}
