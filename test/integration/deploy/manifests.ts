/**
 * Kubernetes manifests as tests see them: read, rendered by the real kubectl and helm, and held against the schemas of Kubernetes
 * and of the Prometheus operator. Programs run to their end; files are removed.
 */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseAllDocuments } from 'yaml'
import { findKubernetes, peersFolder } from '../../peers/programs.js'
import { deployPath } from './front.ts'

// biome-ignore lint/suspicious/noExplicitAny: what a file has is what the test asks.
export type Manifest = any

const peers = createRequire(join(peersFolder, 'package.json'))
const TSC = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin', 'tsc')
const WORK = fileURLToPath(new URL('../../.work', import.meta.url))

/** In which file of which package a kind is. */
const SCHEMAS: Readonly<Record<string, string>> = {
  'apps/v1 Deployment': 'kubernetes-models/apps/v1/Deployment',
  'v1 Service': 'kubernetes-models/v1/Service',
  'policy/v1 PodDisruptionBudget': 'kubernetes-models/policy/v1/PodDisruptionBudget',
  'autoscaling/v2 HorizontalPodAutoscaler': 'kubernetes-models/autoscaling/v2/HorizontalPodAutoscaler',
  'networking.k8s.io/v1 NetworkPolicy': 'kubernetes-models/networking.k8s.io/v1/NetworkPolicy',
  'monitoring.coreos.com/v1 ServiceMonitor':
    '@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1/ServiceMonitor',
  'monitoring.coreos.com/v1 PrometheusRule':
    '@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1/PrometheusRule',
}

/** @throws Error it is not YAML */
export function parse(text: string): Manifest[] {
  return parseAllDocuments(text)
    .filter((document) => !('empty' in document))
    .map((document) => {
      const [problem] = [...document.errors, ...document.warnings]
      if (problem !== undefined) throw problem
      return document.toJS()
    })
    .filter((manifest) => manifest !== null)
}

/** What `kubectl kustomize` makes of a folder below deploy/. */
export function kustomize(folder: string): Manifest[] {
  const { status, out, errors } = run(findKubernetes()?.kubectl, ['kustomize', deployPath(folder)])
  assert.equal(status, 0, errors)
  assert.equal(errors, '', 'no warning')
  return parse(out)
}

/** `helm template` of the chart, with these values in YAML over its own. */
export function helmTemplate(values = ''): Manifest[] {
  const { status, out, errors } = helm(['template', 'chat', deployPath('helm/holdfast'), '--values', '-'], values)
  if (status !== 0) throw new Error(errors)
  return parse(out)
}

export function helm(args: readonly string[], input = '') {
  return run(findKubernetes()?.helm, args, input)
}

function run(program: string | undefined, args: readonly string[], input = '') {
  const ran = spawnSync(program ?? '', args, { input, encoding: 'utf8', timeout: 60_000 })
  assert.equal(ran.error, undefined)
  return { status: ran.status, out: ran.stdout, errors: ran.stderr }
}

export function one(manifests: readonly Manifest[], kind: string, name?: string): Manifest {
  const found = manifests.filter((one) => one.kind === kind && (name ?? one.metadata.name) === one.metadata.name)
  assert.equal(found.length, 1, `one ${kind} ${name ?? ''}`)
  return found[0]
}

/** What the schemas have to say of them: values that are wrong, and fields that are unknown. */
export function problemsOf(manifests: readonly Manifest[]): string[] {
  return [...manifests.flatMap(wrongValues), ...unknownFields(manifests)]
}

function wrongValues(manifest: Manifest): string[] {
  const { apiVersion, kind } = manifest
  const path = SCHEMAS[`${apiVersion} ${kind}`]
  if (path === undefined) return [`no schema for ${apiVersion} ${kind}`]
  const Model = peers(path)[kind]
  try {
    new Model(manifest).validate()
    return []
  } catch (thrown) {
    return [`${kind}: ${(thrown as Error).message}`]
  }
}

/** The schemas let every field pass that they do not know. The types that are made from them do not, as a TypeScript program sees. */
function unknownFields(manifests: readonly Manifest[]): string[] {
  mkdirSync(WORK, { recursive: true })
  const folder = mkdtempSync(join(WORK, 'manifests-'))
  try {
    const files = manifests.map((manifest, index) => {
      const path = SCHEMAS[`${manifest.apiVersion} ${manifest.kind}`] ?? ''
      const type = `import(${JSON.stringify(join(peersFolder, 'node_modules', path))}).I${manifest.kind}`
      const file = join(folder, `${manifest.kind}-${index}.ts`)
      writeFileSync(file, `export const manifest: ${type} = ${JSON.stringify(manifest, null, 1)}\n`)
      return file
    })
    const flags = ['--noEmit', '--ignoreConfig', '--strict', '--skipLibCheck', '--module', 'esnext']
    const ran = spawnSync(
      process.execPath,
      [TSC, ...flags, '--moduleResolution', 'bundler', '--types', '', '--pretty', 'false', ...files],
      { encoding: 'utf8', timeout: 120_000 },
    )
    assert.equal(ran.error, undefined)
    return ran.stdout.split('\n').filter((line) => /error TS/.test(line))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
