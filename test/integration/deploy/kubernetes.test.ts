/**
 * deploy/kubernetes: the files parse, the names in them agree with each other, and the grace period is the sum it says.
 * Needs: yaml
 */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { EMBEDDED_PATHS } from '../../../src/ops/admin-embedded.ts'
import { SERVER_OPTIONS } from '../../../src/server/server-options.ts'
import { findPythonYaml } from '../../peers/programs.js'
import { deployFile } from './front.ts'

const READ = 'import json, sys, yaml; json.dump(list(yaml.safe_load_all(sys.stdin)), sys.stdout)'

// biome-ignore lint/suspicious/noExplicitAny: what a file has is what the test asks.
function parse(text: string): any[] {
  const ran = spawnSync(findPythonYaml() ?? '', ['-c', READ], { input: text, encoding: 'utf8', timeout: 30_000 })
  if (ran.status !== 0) throw new Error(ran.stderr)
  return JSON.parse(ran.stdout)
}

const [deployment] = parse(deployFile('kubernetes/deployment.yaml'))
const pod = deployment.spec.template.spec
const [container] = pod.containers
const ports: Record<string, number> = Object.fromEntries(
  container.ports.map(({ name, containerPort }: { name: string; containerPort: number }) => [name, containerPort]),
)

test('the parser finds what is not YAML', () => {
  assert.throws(() => parse(deployFile('kubernetes/service.yaml').replace('ports:', 'ports')))
})

test('the grace period is preStop, drain timeout, close timeout and a reserve, as the comment says', () => {
  const text = deployFile('kubernetes/deployment.yaml')
  const said =
    /preStop (\d+) s \+ drainTimeoutMs (\d+) s \(drainWindowMs 10 s is within\) \+ closeTimeoutMs (\d+) s \+ (\d+) s in reserve = (\d+) s/.exec(
      text,
    )
  const [preStop = 0, drain = 0, close = 0, reserve = 0, sum = 0] = (said ?? []).slice(1).map(Number)
  assert.equal(preStop + drain + close + reserve, sum)
  assert.equal(pod.terminationGracePeriodSeconds, sum)
  assert.equal(container.lifecycle.preStop.sleep.seconds, preStop)
  assert.deepEqual(
    [drain * 1000, close * 1000],
    [SERVER_OPTIONS.drainTimeoutMs.default, SERVER_OPTIONS.closeTimeoutMs.default],
  )
  assert.ok(reserve >= 5)
})

test('the probes ask paths of the admin port, which need no token', () => {
  const { readinessProbe, livenessProbe, startupProbe } = container
  assert.equal(readinessProbe.httpGet.path, '/readyz')
  assert.equal(livenessProbe.httpGet.path, '/healthz')
  for (const { httpGet } of [readinessProbe, livenessProbe, startupProbe]) {
    assert.equal(httpGet.port, 'admin')
    assert.equal(EMBEDDED_PATHS[httpGet.path as keyof typeof EMBEDDED_PATHS][1], 'no')
  }
})

test('names and ports agree', () => {
  const [service] = parse(deployFile('kubernetes/service.yaml'))
  const [budget] = parse(deployFile('kubernetes/disruption-budget.yaml'))
  const { labels } = deployment.spec.template.metadata
  assert.deepEqual([deployment.kind, service.kind, budget.kind], ['Deployment', 'Service', 'PodDisruptionBudget'])
  for (const selector of [
    deployment.spec.selector.matchLabels,
    service.spec.selector,
    budget.spec.selector.matchLabels,
  ]) {
    assert.deepEqual(selector, labels)
  }
  assert.deepEqual(
    service.spec.ports.map(({ targetPort }: { targetPort: string }) => targetPort),
    ['ws'],
  )
  const command = container.command.join(' ')
  assert.ok(command.includes(`--port ${ports.ws}`) && command.includes(`--admin 0.0.0.0:${ports.admin}`), command)
})
