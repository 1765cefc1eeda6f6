/**
 * The drill `alerts` in its short form, and its control: where nothing is wrong nothing fires, and the drill says so.
 * Needs: prometheus
 */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { failures } from '../verdict.ts'
import { drillAlerts } from './alerts.ts'
import { scaledRules } from './scaled-rules.ts'

test('every alert that is shipped fires for the fault it is for, and none for a server without', async () => {
  assert.deepEqual(failures(await drillAlerts({ factor: 120, seconds: 150, calm: false })), [])
})

test('control: where nothing is wrong nothing fires, and that is found', async () => {
  const verdict = await drillAlerts({ factor: 120, seconds: 12, calm: true })
  assert.equal(failures(verdict).length, verdict.checks.length - 1)
  const fired = Object.keys(verdict.numbers.firedAfterSeconds as object)
  assert.deepEqual(
    fired.filter((name) => !/GcPauseLong|HandlerSlow/.test(name)),
    [],
  )
})

test('only durations of the rules are changed', () => {
  const text = readFileSync(new URL('../../../deploy/prometheus/rules.yml', import.meta.url), 'utf8')
  const scaled = scaledRules(text, 60, 4_000, 1_000)
  const without = (rules: string): string =>
    rules.replace(/\d+(ms|[smh])\b(?=[\]:)]|$)/gm, '_').replace(/\[_:_\]/g, '[_]')
  assert.equal(without(scaled).replace(/\[_:_\]/g, '[_]'), without(text).replace(/\[_:_\]/g, '[_]'))
  assert.match(scaled, /for: 5000ms/)
  assert.match(scaled, /\[60000ms:1000ms\] offset 5000ms/)
  assert.doesNotMatch(scaled, /(\d|offset \d+)[mh](?!s)\b(?=\]|$)/m)
})
