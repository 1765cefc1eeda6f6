/**
 * What the documents tell somebody to type agrees with the manifests: one namespace, one Secret, the labels of the pods; and no command that
 * reaches one pod of several is shown as a reload of all.
 * Needs: kubernetes
 */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { blocksOf, documents } from '../../docs/documents.ts'
import { deployFile } from './front.ts'
import { helmTemplate, kustomize, type Manifest, one } from './manifests.ts'

const OVERLAY = kustomize('kubernetes/overlays/production')
const DEPLOYMENT = one(OVERLAY, 'Deployment')
const { namespace, name: deploymentName } = DEPLOYMENT.metadata
const README = { path: 'deploy/kubernetes/README.md', text: deployFile('kubernetes/README.md') }
const COMMANDS = [README, ...documents()].flatMap((document) =>
  blocksOf(document).flatMap(({ at, code }) =>
    code
      .split('\n')
      .filter((line) => /\b(kubectl|helm) /.test(line))
      .map((line) => ({ at, line })),
  ),
)

/** What is wrong with a line that somebody may type. */
function problemsIn(line: string): string[] {
  const problems: string[] = []
  for (const [command] of line.matchAll(/\b(?:kubectl|helm) [^;)|#]*/g)) {
    const isOfAll = /create namespace|get pods -A|get prometheus -A|get --raw/.test(command)
    if (!isOfAll && !command.includes(`--namespace ${namespace} `)) problems.push('no namespace, or another')
    if (/exec .*deploy\/.* (reload|drain)\b/.test(command)) problems.push('reaches one pod of several')
    const [, kind, name] = /\b(deploy|pod)\/([\w-]+)/.exec(command) ?? []
    if (kind === 'deploy' && name !== deploymentName) problems.push(`no Deployment ${name}`)
    if (kind === 'pod' && /-\d+$/.test(name ?? '')) problems.push('pods of a Deployment have no such names')
  }
  return problems
}

/** Whether pods with these labels are chosen. */
function selects(selector: string, { labels }: Manifest): boolean {
  return selector.split(',').every((one) => labels[one.split('=')[0] ?? ''] === one.split('=')[1])
}

describe('commands in the documents', () => {
  it('name the namespace of the overlay, and reach what they say', () => {
    assert.ok(COMMANDS.length >= 10)
    assert.deepEqual(
      COMMANDS.flatMap(({ at, line }) => problemsIn(line).map((problem) => `${at}: ${problem}: ${line}`)),
      [],
    )
  })

  it('controls: each of these would be found', () => {
    assert.deepEqual(problemsIn('kubectl exec deploy/chat -- node_modules/.bin/holdfast reload'), [
      'no namespace, or another',
      'reaches one pod of several',
    ])
    assert.deepEqual(problemsIn('kubectl --namespace chat port-forward pod/chat-0 6060:6060'), [
      'pods of a Deployment have no such names',
    ])
    assert.deepEqual(problemsIn('kubectl --namespace chat exec deploy/talk -- ls'), ['no Deployment talk'])
    assert.deepEqual(problemsIn('kubectl --namespace talk apply -k base'), ['no namespace, or another'])
  })

  it('make the namespace and the Secret before the pods that want them', () => {
    const lines = COMMANDS.filter(({ at }) => at.startsWith(README.path)).map(({ line }) => line)
    const [space, secret, ...rest] = lines
    assert.equal(space, `kubectl create namespace ${namespace}`)
    const { secretKeyRef } = DEPLOYMENT.spec.template.spec.containers[0].env[0].valueFrom
    assert.ok(secret?.includes(`create secret generic ${secretKeyRef.name} --from-literal=${secretKeyRef.key}=`))
    assert.equal(rest.filter((line) => /apply -k|helm .*install/.test(line)).length, 3)
    for (const { metadata } of OVERLAY) assert.equal(metadata.namespace, namespace)
    for (const { metadata } of kustomize('kubernetes/base')) assert.equal(metadata.namespace, undefined)
  })

  it('reload all pods, one after the other, by the labels that they have', () => {
    for (const path of ['docs/guides/kubernetes.md', 'docs/guides/deploying-without-disconnects.md']) {
      const text = documents().find((one) => one.path === path)?.text ?? ''
      const selector =
        /for pod in \$\(kubectl .* get pods -l (\S+) .*-o name\); do\n.*exec "\$pod" .* reload \|\| break/
      const [, labels = ''] = selector.exec(text) ?? []
      assert.ok(labels !== '' && selects(labels, DEPLOYMENT.spec.template.metadata), path)
    }
    const chart = one(helmTemplate(), 'Deployment').spec.template.metadata
    const guide = documents().find(({ path }) => path === 'docs/guides/kubernetes.md')?.text ?? ''
    const [, ofChart = ''] = /With the chart: `-l (\S+)`/.exec(guide) ?? []
    assert.ok(ofChart !== '' && selects(ofChart, chart))
    assert.ok(!selects('app=talk', DEPLOYMENT.spec.template.metadata), 'control')
  })
})
