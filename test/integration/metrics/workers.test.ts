/**
 * `/metrics` of a supervisor: one exposition over all workers, in which no sum ever falls, while workers are replaced and while one dies.
 * Negative control: without what is kept of workers that have gone, the sums of the workers that are there are smaller.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { until } from '../../support/deadline.ts'
import { growingOf, type Series, scrape, sumOf } from '../../support/exposition.ts'
import { NumberedPeers } from '../../support/numbered-peers.ts'
import { openRaw } from '../../support/raw-client.ts'
import { AppFolder, ECHO, PATIENCE_MS, type Supervised, supervise } from '../../support/supervised.ts'

const PEERS = 30
const WORKERS = { flags: ['--workers', '2', '--autopsy-timeout', '0s'] }

/** Scrapes again and again, and notes what has fallen. */
class Watcher {
  readonly fallen: string[] = []
  scrapes = 0
  last: Series = new Map()
  #going = true
  readonly done: Promise<void>

  constructor(run: Supervised) {
    this.done = this.#watch(run.adminPort)
  }

  async end(): Promise<void> {
    this.#going = false
    await this.done
  }

  async #watch(port: number): Promise<void> {
    while (this.#going) {
      const now = await scrape(port)
      const before = new Map(growingOf(this.last))
      const grown = new Map(growingOf(now))
      for (const [key, value] of before) {
        const after = grown.get(key)
        if (after === undefined || after < value) this.fallen.push(`${key}: ${value}, then ${after}`)
      }
      this.last = now
      this.scrapes++
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }
}

test('two reloads under traffic: no sum falls, and what is counted is what was sent', async (t) => {
  const run = await supervise(t, new AppFolder(t).write(ECHO), WORKERS)
  const peers = await NumberedPeers.open(t, run.port, PEERS)
  peers.begin(50)
  const watcher = new Watcher(run)
  await until('it has looked', () => watcher.scrapes > 3)
  for (let round = 0; round < 2; round++) assert.equal((await run.reload()).moved, PEERS)
  await peers.settle()
  const { scrapes } = watcher
  await until('it has looked again', () => watcher.scrapes > scrapes + 3)
  await watcher.end()
  assert.deepEqual(watcher.fallen, [])
  const series = await scrape(run.adminPort)
  assert.equal(sumOf(series, 'holdfast_messages_received_total'), peers.sent)
  assert.equal(sumOf(series, 'holdfast_messages_sent_total'), peers.sent)
  assert.equal(sumOf(series, 'holdfast_handler_duration_seconds_count'), peers.sent)
  assert.equal(sumOf(series, 'holdfast_connections_opened_total'), PEERS)
  assert.equal(sumOf(series, 'holdfast_connections', { state: 'open' }), PEERS)
  assert.equal(sumOf(series, 'holdfast_connections_moved_total', { result: 'moved' }), 2 * PEERS)
  assert.equal(sumOf(series, 'holdfast_handoffs_total', { result: 'complete' }), 4)
  assert.equal(sumOf(series, 'holdfast_handoff_duration_seconds_count'), 4)
  assert.equal(sumOf(series, 'holdfast_settings_version'), 3)
  assert.equal(sumOf(series, 'holdfast_ledger_imbalance'), 0)
  // Of the process: one of each slot, and the supervisor's own.
  const limits = [...series.keys()].filter((key) => key.startsWith('holdfast_heap_limit_bytes'))
  assert.deepEqual(
    limits.sort(),
    ['0', '1', 'supervisor'].map((worker) => `holdfast_heap_limit_bytes{worker="${worker}"}`),
  )
  // The workers that are there have counted only what came to them.
  const paths = ['0', '1'].map((slot) => fetch(`http://127.0.0.1:${run.adminPort}/workers/${slot}/debug/ledger`))
  const ledgers = await Promise.all((await Promise.all(paths)).map((answer) => answer.json()))
  const here = ledgers.reduce((sum, ledger) => sum + (ledger as { messagesReceived: number }).messagesReceived, 0)
  assert.ok(here < peers.sent, 'negative control: some of it was counted by workers that have gone')
})

test('a worker that is killed: what it had said before stays in the sum', async (t) => {
  const run = await supervise(t, new AppFolder(t).write(ECHO), WORKERS)
  const clients = await Promise.all(Array.from({ length: 8 }, () => openRaw(t, run.port)))
  for (const client of clients) client.text('hello')
  await until('all are answered', () => clients.every(({ texts }) => texts.length === 1))
  const watcher = new Watcher(run)
  await until('it has seen all', () => sumOf(watcher.last, 'holdfast_messages_received_total') === clients.length)
  for (const pid of run.serving) process.kill(pid, 'SIGKILL')
  await until('it says so', () => sumOf(watcher.last, 'holdfast_worker_crashes_total') === 2, PATIENCE_MS)
  const serving = (): number => sumOf(watcher.last, 'holdfast_workers', { state: 'serving' })
  await until('others serve', () => serving() === 2, PATIENCE_MS)
  await watcher.end()
  assert.deepEqual(watcher.fallen, [])
  assert.equal(sumOf(watcher.last, 'holdfast_messages_received_total'), clients.length)
  assert.equal(sumOf(watcher.last, 'holdfast_connections', { state: 'open' }), 0)
})
