/**
 * deploy/docker: what the Dockerfile says, and what its first stage does with an app that has Holdfast from a file: the same files copied, the
 * same command run, by a real npm without a network. The package is one with the name and nothing else.
 * Needs: kubernetes
 */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { deployFile } from './front.ts'
import { kustomize, one } from './manifests.ts'

const LINES = deployFile('docker/Dockerfile')
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('#'))
const LAST = LINES.slice(LINES.findLastIndex((line) => line.startsWith('FROM ')))
const NPM_MS = 60_000

function inLast(word: string): string {
  return LAST.findLast((line) => line.startsWith(`${word} `))?.slice(word.length + 1) ?? ''
}

function npm(folder: string, ...args: readonly string[]): { readonly status: number | null; readonly errors: string } {
  const flags = ['--offline', '--no-audit', '--no-fund', `--cache=${join(folder, '.npm')}`]
  const ran = spawnSync('npm', [...args, ...flags], { cwd: folder, encoding: 'utf8', timeout: NPM_MS })
  return { status: ran.status, errors: ran.stderr }
}

/** An app, and beside it the package as a file. */
function appFolder(t: TestContext): string {
  const root = mkdtempSync(join(tmpdir(), 'holdfast-image-'))
  t.after(() => rmSync(root, { recursive: true, force: true }))
  for (const name of ['package', 'app', 'image']) mkdirSync(join(root, name))
  writeFileSync(join(root, 'package/package.json'), '{ "name": "holdfast", "version": "0.1.0" }')
  assert.equal(npm(join(root, 'package'), 'pack', '--pack-destination', root).status, 0)
  writeFileSync(join(root, 'app/package.json'), '{ "name": "chat", "private": true }')
  return root
}

/** What the first stage copies before it installs, and then its command. */
function build(root: string, copied: readonly string[]) {
  const patterns = copied.map((word) => new RegExp(`^${word.replaceAll('.', '\\.').replaceAll('*', '.*')}$`))
  for (const name of readdirSync(join(root, 'app')))
    if (patterns.some((pattern) => pattern.test(name))) copyFileSync(join(root, 'app', name), join(root, 'image', name))
  const [program, ...args] = (LINES.find((line) => line.startsWith('RUN '))?.slice(4) ?? '').split(' ')
  assert.equal(program, 'npm')
  return npm(join(root, 'image'), ...args)
}

const COPIED = (LINES.find((line) => line.startsWith('COPY package.json')) ?? '').split(' ').slice(1, -1)

describe('the Dockerfile', () => {
  const pod = one(kustomize('kubernetes/base'), 'Deployment').spec.template.spec

  it('has two stages, and the second has no installer and no root', () => {
    assert.equal(LINES.filter((line) => line.startsWith('FROM ')).length, 2)
    assert.equal(inLast('RUN'), '')
    const { runAsUser, runAsGroup } = pod.securityContext
    assert.equal(inLast('USER'), `${runAsUser}:${runAsGroup}`)
  })

  it('starts the command itself, without a shell', () => {
    assert.deepEqual(JSON.parse(inLast('ENTRYPOINT')), ['node', 'node_modules/holdfast/dist/cli/main.js'])
    assert.equal(JSON.parse(inLast('CMD'))[0], pod.containers[0].args[0])
  })

  it('installs a package that is a file in the folder of the app', (t) => {
    const root = appFolder(t)
    copyFileSync(join(root, 'holdfast-0.1.0.tgz'), join(root, 'app/holdfast-0.1.0.tgz'))
    assert.equal(npm(join(root, 'app'), 'install', './holdfast-0.1.0.tgz').status, 0)
    const { status, errors } = build(root, COPIED)
    assert.equal(status, 0, errors)
    assert.ok(existsSync(join(root, 'image/node_modules/holdfast/package.json')))
  })

  it('control: without the file, and with one elsewhere, npm ci finds nothing', (t) => {
    const root = appFolder(t)
    copyFileSync(join(root, 'holdfast-0.1.0.tgz'), join(root, 'app/holdfast-0.1.0.tgz'))
    assert.equal(npm(join(root, 'app'), 'install', './holdfast-0.1.0.tgz').status, 0)
    assert.match(build(root, ['package.json', 'package-lock.json']).errors, /ENOENT/)

    const elsewhere = appFolder(t)
    assert.equal(npm(join(elsewhere, 'app'), 'install', '../holdfast-0.1.0.tgz').status, 0)
    // In the image there is nothing above it.
    rmSync(join(elsewhere, 'holdfast-0.1.0.tgz'))
    assert.match(build(elsewhere, COPIED).errors, /ENOENT/)
  })
})
