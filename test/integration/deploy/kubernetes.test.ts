/**
 * deploy/kubernetes and deploy/helm: what kubectl and helm make of them is valid by the schemas of Kubernetes, names and ports agree,
 * a pod has the time that it takes to leave, and runs with as few rights as it needs. Two ways to the same service: they are compared.
 * Needs: kubernetes
 */
import assert from 'node:assert/strict'
import { describe, it, test } from 'node:test'
import { readFlags } from '../../../src/cli/flags.ts'
import { RUN } from '../../../src/cli/run.ts'
import { runLogOf } from '../../../src/cli/run-log.ts'
import { EMBEDDED_PATHS } from '../../../src/ops/admin-embedded.ts'
import { deployFile, deployPath } from './front.ts'
import { CLOSE_SECONDS, graceProblems, leavingOf } from './grace.ts'
import { helm, helmTemplate, kustomize, type Manifest, one, parse, problemsOf } from './manifests.ts'

/** Whatever can be turned on. */
const EVERYTHING = `
serviceMonitor: { enabled: true, labels: { release: prometheus } }
prometheusRule: { enabled: true, labels: { release: prometheus } }
imagePullSecrets: [{ name: registry }]
extraArgs: [--node-option=--enable-source-maps]
service: { type: LoadBalancer, port: 443, annotations: { example.com/idle: "3600" } }
env: [{ name: DATABASE_URL, valueFrom: { secretKeyRef: { name: database, key: url } } }]
envFrom: [{ configMapRef: { name: chat } }]
podLabels: { team: chat }
podAnnotations: { example.com/note: "yes" }
nodeSelector: { kubernetes.io/arch: amd64 }
tolerations: [{ key: dedicated, operator: Exists, effect: NoSchedule }]
affinity: { nodeAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 1, preference: { matchExpressions: [{ key: zone, operator: In, values: [a] }] } }] } }
topologySpreadConstraints: [{ maxSkew: 1, topologyKey: kubernetes.io/hostname, whenUnsatisfiable: ScheduleAnyway, labelSelector: { matchLabels: { app.kubernetes.io/instance: chat } } }]
drain: { preStopSeconds: 20, windowSeconds: 60, timeoutSeconds: 120, closeSeconds: 5, reserveSeconds: 30 }
`
const SETS: Readonly<Record<string, Manifest[]>> = {
  'kubernetes/base': kustomize('kubernetes/base'),
  'kubernetes/overlays/production': kustomize('kubernetes/overlays/production'),
  'helm/holdfast': helmTemplate(),
  'helm/holdfast with everything': helmTemplate(EVERYTHING),
}

const containerOf = (set: Manifest[]): Manifest => one(set, 'Deployment').spec.template.spec.containers[0]

/** The same, and changed. */
function changed(set: Manifest[], change: (deployment: Manifest) => void): Manifest[] {
  const copy = structuredClone(set)
  change(one(copy, 'Deployment'))
  return copy
}

/** How the name of a thing in one manifest must be that in another. */
function nameProblems(set: Manifest[]): string[] {
  const deployment = one(set, 'Deployment')
  const { labels } = deployment.spec.template.metadata
  const ports = new Set(containerOf(set).ports.map(({ name }: { name: string }) => name))
  const problems: string[] = []
  const mustSelect = (kind: string, selector: Record<string, string>, of = labels): void => {
    for (const [name, value] of Object.entries(selector))
      if (of[name] !== value) problems.push(`${kind} selects ${name}=${value}`)
  }
  mustSelect('Deployment', deployment.spec.selector.matchLabels)
  for (const { kind, metadata, spec } of set) {
    if (kind === 'Service') {
      mustSelect(kind, spec.selector)
      for (const { targetPort } of spec.ports) if (!ports.has(targetPort)) problems.push(`${kind} ${targetPort}`)
      const isAdmin = spec.ports.some(({ targetPort }: Manifest) => targetPort === 'admin')
      if (isAdmin !== metadata.name.endsWith('-admin')) problems.push(`${metadata.name} shows the admin port`)
    } else if (kind === 'PodDisruptionBudget') mustSelect(kind, spec.selector.matchLabels)
    else if (kind === 'NetworkPolicy') {
      mustSelect(kind, spec.podSelector.matchLabels)
      for (const rule of spec.ingress)
        for (const { port } of rule.ports) {
          if (!ports.has(port)) problems.push(`${kind} ${port}`)
          if (port === 'admin' && rule.from === undefined) problems.push('everybody reaches the admin port')
        }
    } else if (kind === 'HorizontalPodAutoscaler') {
      const { name } = spec.scaleTargetRef
      if (name !== deployment.metadata.name) problems.push(`${kind} scales ${name}`)
      if (deployment.spec.replicas !== undefined) problems.push('both say how many pods there are')
    } else if (kind === 'ServiceMonitor') {
      const service = set.find((other) => other.kind === 'Service' && other.metadata.name.endsWith('-admin'))
      mustSelect(kind, spec.selector.matchLabels, service?.metadata.labels ?? {})
      const { name, key } = spec.endpoints[0].authorization.credentials
      const { secretKeyRef } = containerOf(set).env[0].valueFrom
      if (name !== secretKeyRef.name || key !== secretKeyRef.key) problems.push(`${kind} has another token`)
    }
  }
  return problems
}

for (const [name, set] of Object.entries(SETS)) {
  describe(name, () => {
    it('is what the schemas of Kubernetes want', () => assert.deepEqual(problemsOf(set), []))
    it('has the time that a pod takes to leave', () => assert.deepEqual(graceProblems(set), []))
    it('names and ports agree', () => assert.deepEqual(nameProblems(set), []))

    it('probes ask paths of the admin port that need no token', () => {
      const { readinessProbe, livenessProbe, startupProbe, args, ports } = containerOf(set)
      assert.equal(readinessProbe.httpGet.path, '/readyz')
      assert.equal(livenessProbe.httpGet.path, '/healthz')
      // A pod that waits for its settings, with readyWhen(), must not be killed for it.
      assert.equal(startupProbe.httpGet.path, '/healthz')
      for (const { httpGet } of [readinessProbe, livenessProbe, startupProbe]) {
        assert.equal(httpGet.port, 'admin')
        assert.equal(EMBEDDED_PATHS[httpGet.path as keyof typeof EMBEDDED_PATHS][1], 'no')
      }
      const numbers = Object.fromEntries(ports.map((port: Manifest) => [port.name, port.containerPort]))
      assert.ok(args.includes(`--port=${numbers.ws}`) && args.includes(`--admin=0.0.0.0:${numbers.admin}`))
    })

    it('writes the log that deploy/logs ships', () => {
      const given = readFlags(containerOf(set).args.slice(1), RUN.flags, 'run')
      const terminal = { draw: null, env: {} }
      assert.deepEqual(runLogOf(given, terminal), {
        ...{ level: 'info', service: 'chat', errorMessages: true, stream: 'stdout', pretty: false, colors: false },
      })
    })

    it('runs as nobody in particular, and can write to /tmp alone', () => {
      const pod = one(set, 'Deployment').spec.template.spec
      const { securityContext, volumeMounts } = containerOf(set)
      assert.deepEqual([pod.securityContext.runAsNonRoot, pod.automountServiceAccountToken], [true, false])
      assert.deepEqual(securityContext, {
        ...{ allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } },
      })
      assert.deepEqual(volumeMounts, [{ name: 'tmp', mountPath: '/tmp' }])
      assert.ok('emptyDir' in pod.volumes[0] && pod.volumes[0].name === 'tmp')
    })

    it('replaces pods when the new ones are there', () => {
      const { type, rollingUpdate } = one(set, 'Deployment').spec.strategy
      assert.deepEqual([type, rollingUpdate], ['RollingUpdate', { maxSurge: '100%', maxUnavailable: 0 }])
    })
  })
}

describe('controls: each check sees what is wrong', () => {
  const base = SETS['kubernetes/base'] as Manifest[]
  const spec = (deployment: Manifest): Manifest => deployment.spec.template.spec
  const grace = (change: (deployment: Manifest) => void): string[] => graceProblems(changed(base, change))

  it('what is no YAML, an unknown field, a wrong value', () => {
    assert.throws(() => parse(deployFile('kubernetes/base/service.yaml').replace('ports:', 'ports')))
    const typo = changed(base, (one) => {
      spec(one).terminationGraceSeconds = 60
    })
    assert.match(problemsOf(typo).join('\n'), /terminationGraceSeconds.*does not exist/)
    const wrong = changed(base, (one) => {
      spec(one).terminationGracePeriodSeconds = '60'
    })
    assert.match(problemsOf(wrong).join('\n'), /terminationGracePeriodSeconds must be integer/)
    const unknown = [{ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'x' } }]
    assert.match(problemsOf(unknown).join('\n'), /no schema for v1 Secret/)
  })

  it('a grace period that is shorter than the drain, or as long as the drain alone', () => {
    for (const graceSeconds of [20, 30, 45, 54]) {
      const problems = grace((one) => {
        spec(one).terminationGracePeriodSeconds = graceSeconds
      })
      assert.deepEqual(problems, [`grace ${graceSeconds} s, wanted 55 s`])
    }
  })

  it('a drain, a window or a preStop that has grown, and flags that are not there', () => {
    const args = (from: string, to: string) => (one: Manifest) => {
      const [container] = spec(one).containers
      container.args = container.args.flatMap((word: string) => (word === from ? (to === '' ? [] : [to]) : [word]))
    }
    assert.deepEqual(grace(args('--drain-timeout=30s', '--drain-timeout=2m')), ['grace 60 s, wanted 145 s'])
    assert.deepEqual(grace(args('--drain-window=10s', '--drain-window=31s')), ['window 31 s within 30 s'])
    assert.equal(grace(args('--drain-timeout=30s', '')).length, 2)
    assert.throws(() => grace(args('--drain-timeout=30s', '--drain-time=30s')), /--drain-time/)
    const longer = grace((one) => {
      spec(one).containers[0].lifecycle.preStop.sleep.seconds = 20
    })
    assert.deepEqual(longer, ['grace 60 s, wanted 65 s'])
  })

  it('names that are others', () => {
    const renamed = changed(base, (one) => {
      one.metadata.name = 'talk'
      one.spec.template.metadata.labels = { app: 'talk' }
      one.spec.replicas = 3
    })
    assert.deepEqual(nameProblems(renamed).sort(), [
      'Deployment selects app=chat',
      'HorizontalPodAutoscaler scales chat',
      'NetworkPolicy selects app=chat',
      'PodDisruptionBudget selects app=chat',
      'Service selects app=chat',
      'Service selects app=chat',
      'both say how many pods there are',
    ])
  })
})

test('the comments say the sums that the files have', () => {
  for (const [file, set] of [
    ['kubernetes/base/deployment.yaml', 'kubernetes/base'],
    ['kubernetes/overlays/production/drain.yaml', 'kubernetes/overlays/production'],
  ] as const) {
    const said =
      /preStop (\d+) s \+ --drain-timeout (\d+) s \(--drain-window (\d+) s is within\) \+ closeTimeoutMs (\d+) s \+ (\d+) s in reserve = (\d+) s/.exec(
        deployFile(file),
      )
    const [preStop = 0, timeout = 0, window = 0, close = 0, reserve = 0, sum = 0] = (said ?? []).slice(1).map(Number)
    assert.equal(preStop + timeout + close + reserve, sum, file)
    assert.deepEqual(
      [leavingOf(SETS[set] as Manifest[]), close],
      [{ graceSeconds: sum, preStopSeconds: preStop, windowSeconds: window, timeoutSeconds: timeout }, CLOSE_SECONDS],
    )
  }
})

test('the autoscaler asks for a metric that the adapter has', () => {
  const [{ rules }] = parse(deployFile('kubernetes/adapter/rules.yaml'))
  const [rule] = rules.custom
  const { metrics } = one(SETS['kubernetes/base'] as Manifest[], 'HorizontalPodAutoscaler').spec
  assert.equal(metrics[1].pods.metric.name, rule.name.as)
  assert.deepEqual(Object.keys(rule.resources.overrides).sort(), ['namespace', 'pod'])
  for (const word of ['<<.LabelMatchers>>', '<<.GroupBy>>']) assert.ok(rule.metricsQuery.includes(word))
})

describe('the chart', () => {
  it('lints, and makes the same pod as the base', () => {
    const linted = helm(['lint', '--strict', deployPath('helm/holdfast')])
    assert.equal(linted.status, 0, linted.out + linted.errors)
    const [chart, base] = [SETS['helm/holdfast'], SETS['kubernetes/base']].map((set) => {
      const { name: _, imagePullPolicy: __, ...container } = containerOf(set as Manifest[])
      return { ...one(set as Manifest[], 'Deployment').spec.template.spec, containers: [container] }
    })
    assert.deepEqual(chart, base)
    const behaviors = ['helm/holdfast', 'kubernetes/base'].map((name) => {
      const { metrics, behavior } = one(SETS[name] as Manifest[], 'HorizontalPodAutoscaler').spec
      return { metrics, behavior }
    })
    assert.deepEqual(behaviors[0], behaviors[1])
  })

  it('computes the grace period from the drain', () => {
    assert.equal(leavingOf(helmTemplate()).graceSeconds, 60)
    assert.equal(leavingOf(helmTemplate('drain: { timeoutSeconds: 90, windowSeconds: 60 }')).graceSeconds, 120)
    assert.equal(leavingOf(SETS['helm/holdfast with everything'] as Manifest[]).graceSeconds, 175)
  })

  it('refuses what does not add up, and what it does not know', () => {
    assert.throws(() => helmTemplate('drain: { windowSeconds: 31 }'), /31 is within drain.timeoutSeconds 30/)
    assert.throws(() => helmTemplate('drain: { timeoutSeconds: 600 }'), /at least the grace period of 630 s/)
    assert.throws(() => helmTemplate('drain: { reserveSeconds: 3 }'), /minimum/)
    assert.throws(() => helmTemplate('drain: { graceSeconds: 30 }'), /graceSeconds/)
    assert.throws(() => helmTemplate('worker: 3'), /worker/)
    assert.throws(() => helmTemplate('service: { port: 70000 }'), /port/)
    assert.throws(() => helmTemplate('disruptionBudget: { maxUnavailable: 0 }'), /maxUnavailable/)
    assert.throws(() => helmTemplate('image: { tag: 1.10 }'), /tag/)
    assert.throws(() => helmTemplate('env: { A: b }'), /env/)
    assert.throws(
      () => helmTemplate('autoscaling: { minReplicas: 20 }'),
      /minReplicas 20 is more than .*maxReplicas 12/,
    )
  })

  it('takes what looks like a number for the text that it is, and its own labels stay', () => {
    const set = helmTemplate('adminToken: { secretName: "123", key: "456" }\nserviceMonitor: { enabled: true }')
    assert.deepEqual(problemsOf(set), [])
    assert.deepEqual(nameProblems(set), [])
    const labels = helmTemplate('podLabels: { app.kubernetes.io/name: other, team: chat }')
    assert.deepEqual(nameProblems(labels), [])
    assert.equal(one(labels, 'Deployment').spec.template.metadata.labels.team, 'chat')
  })

  it('says how many pods there are where nothing scales them', () => {
    const set = helmTemplate('autoscaling: { enabled: false }\nreplicas: 5\nnetworkPolicy: { enabled: false }')
    assert.equal(one(set, 'Deployment').spec.replicas, 5)
    assert.deepEqual(set.map(({ kind }) => kind).sort(), ['Deployment', 'PodDisruptionBudget', 'Service', 'Service'])
  })
})
