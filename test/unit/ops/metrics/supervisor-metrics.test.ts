/** The figures of a supervisor, with workers that a test plays: Unix sockets that answer what it says, or nothing. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { Events } from '../../../../src/base/events.ts'
import type { MetricFigures, Sample } from '../../../../src/ops/metrics/figures.ts'
import { type MeasuredSupervisor, SupervisorMetrics } from '../../../../src/ops/metrics/supervisor-metrics.ts'
import type { RolloutEvents } from '../../../../src/rollout/rollout-events.ts'
import type { WorkerPlace } from '../../../../src/rollout/rollout-status.ts'
import { until } from '../../../support/deadline.ts'
import { ManualClock } from '../../../support/manual-clock.ts'

const CODES = 'holdfast_connections_closed_total'

function closed(first: number, howMany: number): MetricFigures {
  const codes = Array.from({ length: howMany }, (_, at) => String(first + at))
  return { [CODES]: codes.map((code) => ({ labels: { route: '/', code, by: 'peer' }, value: 1 })) }
}

function valueIn(figures: MetricFigures, name: keyof MetricFigures): number {
  return (figures[name] as readonly Sample[]).reduce((sum, { value }) => sum + value, 0)
}

class Played {
  readonly events = new Events<RolloutEvents>((_, thrown) => {
    throw thrown
  })
  readonly clock = new ManualClock()
  readonly metrics: SupervisorMetrics
  places: WorkerPlace[] = []
  /** How many questions have come. */
  asked = 0
  readonly #folder: string
  readonly #t: TestContext

  constructor(t: TestContext) {
    this.#t = t
    this.#folder = mkdtempSync(join(tmpdir(), 'holdfast-played-'))
    t.after(() => rmSync(this.#folder, { recursive: true, force: true }))
    const status = { workers: [], crashes: 0, generation: 1 } as unknown as ReturnType<MeasuredSupervisor['status']>
    const supervisor = { events: this.events, places: () => this.places, status: () => status }
    this.metrics = new SupervisorMetrics(supervisor, this.clock)
    t.after(() => this.metrics.end())
  }

  /** @param says null: it does not answer */
  async worker(name: string, serves: boolean, says: () => MetricFigures | null): Promise<void> {
    const adminPath = join(this.#folder, name)
    const http = createServer((_, response) => {
      this.asked++
      const figures = says()
      if (figures !== null) response.end(JSON.stringify(figures))
    })
    await new Promise<void>((resolve) => http.listen(adminPath, resolve))
    this.#t.after(() => {
      http.closeAllConnections()
      http.close()
    })
    this.places.push({ name, slot: 0, serves, adminPath })
  }

  gone(name: string, counted: unknown): void {
    this.places = this.places.filter((place) => place.name !== name)
    this.events.emit('gone', { name, slot: 0, counted })
  }
}

describe('the figures of a supervisor', () => {
  test('codes that clients choose have one bound for all workers, also those that have gone, and nothing falls', async (t) => {
    const played = new Played(t)
    let said = closed(4_000, 15)
    await played.worker('w1', true, () => said)
    const before = new Map<string, number>()
    const look = async (): Promise<readonly Sample[]> => {
      const samples = ((await played.metrics.figures())[CODES] ?? []) as readonly Sample[]
      const now = new Map(samples.map(({ labels, value }) => [String(labels.code), value]))
      for (const [code, value] of before)
        assert.ok((now.get(code) ?? 0) >= value, `${code}: ${value}, then ${now.get(code)}`)
      for (const [code, value] of now) before.set(code, value)
      return samples
    }
    assert.equal((await look()).length, 15)
    said = closed(4_000, 18)
    assert.equal((await look()).length, 18)
    played.gone('w1', closed(4_000, 20))
    for (let round = 0; round < 5; round++) {
      await played.worker(`next${round}`, true, () => closed(4_100 + round * 20, 20))
      assert.equal((await look()).length, 21, '20 codes, and other')
      played.gone(`next${round}`, closed(4_100 + round * 20, 20))
      assert.equal((await look()).length, 21)
    }
    assert.equal(valueIn(await played.metrics.figures(), CODES), 6 * 20, 'none of them is lost')
  })

  test('codes of the protocol are always told apart', async (t) => {
    const played = new Played(t)
    played.gone('w1', closed(4_000, 40))
    await played.worker('w2', true, () => closed(1_000, 10))
    assert.equal(((await played.metrics.figures())[CODES] ?? []).length, 20 + 1 + 10)
  })

  test('so many may come as the workers that serve let in: one that leaves lets in nobody', async (t) => {
    const played = new Played(t)
    const says = (): MetricFigures => ({
      holdfast_connections_limit: [{ labels: {}, value: 100 }],
      holdfast_connections: [{ labels: { route: '/', state: 'open' }, value: 30 }],
    })
    await played.worker('old', false, says)
    await played.worker('new', true, says)
    const figures = await played.metrics.figures()
    assert.equal(valueIn(figures, 'holdfast_connections_limit'), 100)
    assert.equal(valueIn(figures, 'holdfast_connections'), 60, 'but those that are there are there')
  })

  test('a worker that does not answer is told of as it was, and that it is silent', async (t) => {
    const played = new Played(t)
    let answers = true
    const opened = { holdfast_connections_opened_total: [{ labels: { route: '/' }, value: 7 }] }
    await played.worker('w1', true, () => (answers ? opened : null))
    const seen = async (): Promise<readonly [number, number]> => {
      const { asked } = played
      const figures = played.metrics.figures()
      if (!answers && asked === 1) {
        await until('it is asked', () => played.asked > asked)
        played.clock.advance(3_000)
      }
      return [
        valueIn(await figures, 'holdfast_connections_opened_total'),
        valueIn(await figures, 'holdfast_workers_silent'),
      ]
    }
    assert.deepEqual(await seen(), [7, 0])
    answers = false
    assert.deepEqual(await seen(), [7, 1])
    // The question from before is still there; no other is asked.
    assert.deepEqual(await seen(), [7, 1])
    assert.equal(played.asked, 2)
  })
})
