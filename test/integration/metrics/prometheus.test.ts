/**
 * A real Prometheus scrapes a supervisor with two workers, and finds nothing to complain about; nor does promtool.
 * Needs: prometheus
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ask } from '../../support/admin-client.ts'
import { until } from '../../support/deadline.ts'
import { promtool, startPrometheus } from '../../support/prometheus.ts'
import { openRaw } from '../../support/raw-client.ts'
import { AppFolder, ECHO, supervise } from '../../support/supervised.ts'
import { freePort } from '../deploy/front.ts'

const TOKEN = 'a-token-that-is-long-enough'
const PATIENCE_MS = 60_000

test('Prometheus reads a supervisor with two workers', async (t) => {
  const flags = ['--workers', '2', '--autopsy-timeout', '0s']
  const run = await supervise(t, new AppFolder(t).write(ECHO), { flags, env: { HOLDFAST_ADMIN_TOKEN: TOKEN } })
  const clients = await Promise.all(Array.from({ length: 10 }, () => openRaw(t, run.port)))
  for (const client of clients) client.text('hello')
  await until('all are answered', () => clients.every(({ texts }) => texts.length === 1))
  const jobs = [
    { name: 'holdfast', ports: [run.adminPort], token: TOKEN },
    { name: 'without-token', ports: [run.adminPort] },
  ]
  const prometheus = await startPrometheus(t, { jobs, port: await freePort() })
  const value = async (query: string): Promise<number | undefined> => (await prometheus.query(query))[0]?.value
  const seen = async (query: string, wanted: number): Promise<void> => {
    const latest = Date.now() + PATIENCE_MS
    let found: number | undefined
    do {
      found = await value(query)
      if (found === wanted) return
      await new Promise((resolve) => setTimeout(resolve, 200))
    } while (Date.now() < latest)
    assert.equal(found, wanted, query)
  }
  await seen('up{job="holdfast"}', 1)
  await seen('up{job="without-token"}', 0)
  await seen('sum(holdfast_connections{job="holdfast",state="open"})', clients.length)
  await seen('holdfast_messages_received_total', clients.length)
  await seen('holdfast_workers{state="serving"}', 2)
  await seen('count(holdfast_heap_limit_bytes)', 3)
  await seen('holdfast_handler_duration_seconds_bucket{le="+Inf",route="/"}', clients.length)
  // A reload in between is no fall: to Prometheus a counter that falls was reset.
  assert.equal((await run.reload()).event, 'reloaded')
  for (const client of clients) client.text('again')
  await seen('holdfast_messages_received_total', 2 * clients.length)
  await seen('resets(holdfast_messages_received_total[10m])', 0)
  await seen('sum(holdfast_handoffs_total{result="complete"})', 2)
  const { lastError } = (await prometheus.targets()).find(({ health }) => health === 'up') ?? {}
  assert.equal(lastError, '')

  const { body } = await ask(run.adminPort, '/metrics', { headers: { Authorization: `Bearer ${TOKEN}` } })
  assert.deepEqual(promtool(['check', 'metrics'], { input: body }), { status: 0, printed: '' })
  const wrong = body.replaceAll('holdfast_messages_sent_total', 'holdfast_messages_sent')
  assert.notEqual(promtool(['check', 'metrics'], { input: wrong }).status, 0, 'negative control')
})
