/**
 * The alerts that the overlay and the chart bring are those of deploy/prometheus/rules.yml, and have the label by which a Prometheus chooses them.
 * Needs: kubernetes
 */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { deployFile, deployPath } from './front.ts'
import { helmTemplate, kustomize, one, parse } from './manifests.ts'

const SCRIPT = fileURLToPath(new URL('../../../scripts/alerts.js', import.meta.url))
const COPIES = ['helm/holdfast/files/rules.yml', 'kubernetes/overlays/production/alerts.yaml']

function stale(folder: string): string[] {
  const { status, stderr } = spawnSync(process.execPath, [SCRIPT, '--check', '--folder', folder], { encoding: 'utf8' })
  assert.equal(status, stderr === '' ? 0 : 1)
  return stderr.split('\n').filter(Boolean)
}

test('the overlay and the chart have the rules of rules.yml, all of them and as they are', () => {
  const [{ groups }] = parse(deployFile('prometheus/rules.yml'))
  assert.ok(groups.length > 0)
  const sets = [kustomize('kubernetes/overlays/production'), helmTemplate('prometheusRule: { enabled: true }')]
  for (const set of sets) assert.deepEqual(one(set, 'PrometheusRule').spec, { groups })
  assert.ok(!helmTemplate().some(({ kind }) => kind === 'PrometheusRule'), 'who has no operator knows no such kind')
})

test('the label by which a Prometheus chooses what it takes is on both', () => {
  const labels = 'labels: { release: mine }'
  const chart = helmTemplate(
    `serviceMonitor: { enabled: true, ${labels} }\nprometheusRule: { enabled: true, ${labels} }`,
  )
  for (const [set, release] of [
    [kustomize('kubernetes/overlays/production'), 'prometheus'],
    [chart, 'mine'],
  ] as const) {
    for (const kind of ['ServiceMonitor', 'PrometheusRule'])
      assert.equal(one(set, kind).metadata.labels.release, release)
    assert.equal(one(set, 'Deployment').metadata.labels.release, undefined)
  }
})

test('the copies are what scripts/alerts.js would write now (if not: npm run docs)', () => {
  assert.deepEqual(stale(deployPath('')), [])
})

test('control: rules that have changed since are found in both copies', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-alerts-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  for (const name of [...COPIES, 'prometheus/rules.yml']) cpSync(deployPath(name), join(folder, name))
  assert.deepEqual(stale(folder), [])
  const changed = deployFile('prometheus/rules.yml').replace('for: 5m', 'for: 6m')
  writeFileSync(join(folder, 'prometheus/rules.yml'), changed)
  assert.equal(stale(folder).length, COPIES.length)
})
