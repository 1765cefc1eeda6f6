/** Figures of several processes become one: what is added up, what stays, what is not believed. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Buckets } from '../../../../src/base/buckets.ts'
import { addUp, labelled, lasting, type MetricFigures, readFigures } from '../../../../src/ops/metrics/figures.ts'
import { METRICS, type MetricEntry } from '../../../../src/ops/metrics/metric-table.ts'

const one: MetricFigures = {
  holdfast_connections: [{ labels: { route: '/', state: 'open' }, value: 2 }],
  holdfast_messages_received_total: [{ labels: {}, value: 5 }],
  holdfast_ping_round_trip_seconds: [{ labels: {}, counts: [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3], sum: 40 }],
  holdfast_heap_limit_bytes: [{ labels: {}, value: 100 }],
}

describe('figures', () => {
  test('are added up by name and labels, whatever the order of the labels', () => {
    const other: MetricFigures = {
      holdfast_connections: [
        { labels: { state: 'open', route: '/' }, value: 3 },
        { labels: { route: '/', state: 'closing' }, value: 1 },
      ],
      holdfast_ping_round_trip_seconds: [{ labels: {}, counts: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1], sum: 2 }],
    }
    const sum = addUp([one, other, {}])
    assert.deepEqual(sum.holdfast_connections, [
      { labels: { route: '/', state: 'open' }, value: 5 },
      { labels: { route: '/', state: 'closing' }, value: 1 },
    ])
    assert.deepEqual(sum.holdfast_ping_round_trip_seconds, [
      { labels: {}, counts: [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4], sum: 42 },
    ])
    assert.deepEqual(one.holdfast_connections, [{ labels: { route: '/', state: 'open' }, value: 2 }], 'not changed')
  })

  test('of a process that has gone: counters and histograms of the server stay', () => {
    assert.deepEqual(Object.keys(lasting(one)), [
      'holdfast_messages_received_total',
      'holdfast_ping_round_trip_seconds',
    ])
  })

  test('get a label', () => {
    assert.deepEqual(labelled(one, { worker: '1' }).holdfast_heap_limit_bytes, [
      { labels: { worker: '1' }, value: 100 },
    ])
  })

  test('of another process are read as far as they fit the table', () => {
    const given = {
      ...one,
      holdfast_messages_sent_total: [{ labels: {}, value: 'many' }, null, { value: 1 }],
      holdfast_handoff_duration_seconds: [{ labels: {}, counts: [1], sum: 1 }],
      unheard_of: [{ labels: {}, value: 1 }],
    }
    assert.deepEqual(readFigures(JSON.parse(JSON.stringify(given))), {
      ...one,
      holdfast_messages_sent_total: [],
      holdfast_handoff_duration_seconds: [],
    })
    for (const nothing of [undefined, null, 'text', 1]) assert.equal(readFigures(nothing), null)
  })
})

test('a bound belongs to its bucket', () => {
  const buckets = new Buckets([1, 2])
  for (const value of [0, 1, 1.5, 2, 3]) buckets.add(value)
  assert.deepEqual(buckets.figures(), { counts: [2, 2, 1], sum: 7.5 })
})

test('names, units and labels are as Prometheus wants them', () => {
  for (const [name, entry] of Object.entries<MetricEntry>(METRICS)) {
    const { type, labels, buckets, since, help } = entry
    assert.match(name, /^(holdfast|process)_[a-z_]+$/)
    assert.equal(name.endsWith('_total'), type === 'counter', name)
    assert.equal(buckets !== undefined, type === 'histogram', name)
    if (type === 'histogram') assert.match(name, /_seconds$/)
    assert.deepEqual(
      buckets,
      buckets?.toSorted((a, b) => a - b),
      name,
    )
    assert.equal(since === undefined, type === 'gauge', name)
    assert.ok(!labels.includes('worker') && !labels.includes('le'), name)
    assert.match(help, /^[A-Z].*\.$/)
  }
  assert.ok(METRICS.holdfast_gc_pause_seconds.buckets.includes(0.5))
})
