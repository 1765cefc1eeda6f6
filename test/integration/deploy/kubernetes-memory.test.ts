/**
 * The limit of memory of a pod has room for the worker more that there is during a reload: in the manifests, in what the chart takes, and in what
 * the comments and the guide say.
 * Needs: kubernetes
 */
import assert from 'node:assert/strict'
import { describe, it, test } from 'node:test'
import { deployFile } from './front.ts'
import { helmTemplate, kustomize, type Manifest, one } from './manifests.ts'
import { BESIDE_HEAP_MIB, memoryOf, memoryProblems, SUPERVISOR_MIB } from './memory.ts'

const BASE = kustomize('kubernetes/base')
const OVERLAY = kustomize('kubernetes/overlays/production')
const SETS: Readonly<Record<string, Manifest[]>> = { base: BASE, overlay: OVERLAY, chart: helmTemplate() }
const GUIDE = deployFile('../docs/guides/kubernetes.md')

for (const [name, set] of Object.entries(SETS)) {
  test(`${name}: supervisor, workers and the one more of a reload fit into the limit`, () => {
    assert.deepEqual(memoryProblems(set), [])
  })
}

test('controls: a limit with room for the workers and no more, one more worker, a bigger heap, no size', () => {
  const problems = (change: (container: Manifest) => void): string[] => {
    const set = structuredClone(BASE)
    change(one(set, 'Deployment').spec.template.spec.containers[0])
    return memoryProblems(set)
  }
  const args = (from: string, to: string) => (container: Manifest) => {
    container.args = container.args.map((word: string) => (word === from ? to : word))
  }
  const limit = (memory: string) => (container: Manifest) => {
    container.resources.limits.memory = memory
  }
  assert.deepEqual(problems(limit('1Gi')), ['limit 1024 MiB, wanted 1330 MiB'])
  assert.deepEqual(problems(limit('1329Mi')), ['limit 1329 MiB, wanted 1330 MiB'])
  assert.deepEqual(problems(limit('1330Mi')), [])
  assert.deepEqual(problems(args('--workers=2', '--workers=3')), ['limit 1536 MiB, wanted 1750 MiB'])
  assert.equal(problems(args('--max-old-space-size=320', '--max-old-space-size=400')).length, 1)
  assert.equal(problems(args('--max-old-space-size=320', '--port=8080')).length, 1)
})

describe('the chart', () => {
  it('refuses workers that do not fit into the memory of the pod', () => {
    const memory = (limit: string): string => `resources: { limits: { memory: ${limit} } }`
    assert.throws(() => helmTemplate(memory('1Gi')), /1Gi is 1024 MiB: wanted at least 1330 MiB/)
    assert.throws(() => helmTemplate('workers: 3'), /1536Mi is 1536 MiB: wanted at least 1750 MiB/)
    assert.throws(() => helmTemplate('maxOldSpaceMiB: 1200'), /wanted at least 3970 MiB/)
    assert.throws(() => helmTemplate(`workers: 3\n${memory('1749Mi')}`), /wanted at least 1750 MiB/)
    assert.throws(() => helmTemplate(`workers: 3\n${memory('1.8G')}`), /wanted at least 1750 MiB/)
    for (const limit of ['1750Mi', '1.71Gi', '1.9G'])
      assert.doesNotThrow(() => helmTemplate(`workers: 3\n${memory(limit)}`))
    assert.doesNotThrow(
      () => helmTemplate('workers: 3\nresources: { limits: null }'),
      'no limit, nothing to compare with',
    )
  })
})

test('the comments and the guide say the sums that the files have', () => {
  for (const [file, row, set] of [
    ['kubernetes/base/deployment.yaml', 'base', BASE],
    ['kubernetes/overlays/production/drain.yaml', 'overlay', OVERLAY],
  ] as const) {
    const { workers, heapMiB, wantedMiB, limitMiB } = memoryOf(set)
    const said = deployFile(file).replace(/\n\s*# /g, ' ')
    const sum = `supervisor ${SUPERVISOR_MIB} + (${workers} workers + 1 during a reload) x (heap ${heapMiB} + ${BESIDE_HEAP_MIB} beside it) = ${wantedMiB}.`
    assert.ok(said.includes(sum), `${file}: ${sum}`)
    const [heap, wanted, limit] = [heapMiB, wantedMiB, limitMiB].map((number) => number.toLocaleString('en'))
    const inGuide = `| ${row} | ${SUPERVISOR_MIB} + (${workers} + 1) × (${heap} + ${BESIDE_HEAP_MIB}) = ${wanted} MiB | ${limit} MiB |`
    assert.ok(GUIDE.includes(inGuide), inGuide)
  }
})
