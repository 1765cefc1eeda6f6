/**
 * The linter, with this project's configuration, refuses an import that goes up and lets one through that goes down.
 * Runs it over a house of its own in a temporary folder, which it removes.
 */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test } from 'node:test'

const biome = createRequire(import.meta.url).resolve('@biomejs/biome/bin/biome')
const ROOMS = ['base', 'protocol', 'connection', 'hub', 'server', 'ops'] as const

/** The complaints of the linter about one file that has one import. */
function complaintsAbout(path: string, imported: string, text: RegExp): number {
  const house = mkdtempSync(join(tmpdir(), 'floors-'))
  try {
    writeFileSync(join(house, 'biome.json'), configuration())
    mkdirSync(join(house, dirname(path)), { recursive: true })
    writeFileSync(join(house, path), `import { b } from '${imported}'\n\nexport const a: unknown = b\n`)
    const run = spawnSync(process.execPath, [biome, 'lint', '.'], { cwd: house, encoding: 'utf8', timeout: 30_000 })
    assert.equal(run.error, undefined)
    return (run.stdout + run.stderr).split(/\n(?=src\/|console\/)/).filter((block) => text.test(block)).length
  } finally {
    rmSync(house, { recursive: true, force: true })
  }
}

/** Of this project, for a house that is no repository. */
function configuration(): string {
  const found = JSON.parse(readFileSync('biome.json', 'utf8'))
  delete found.$schema
  found.vcs = { enabled: false }
  return JSON.stringify(found)
}

/** The lines of the linter's complaints about a file in `from` that imports from `to`. */
function complaints(from: string, to: string, text: RegExp): number {
  const house = mkdtempSync(join(tmpdir(), 'floors-'))
  try {
    writeFileSync(join(house, 'biome.json'), configuration())
    for (const [room, other] of [
      [from, to],
      [to, from],
    ] as const) {
      mkdirSync(join(house, 'src', room), { recursive: true })
      writeFileSync(
        join(house, 'src', room, 'probe.ts'),
        `import { b } from '../${other}/probe.ts'\n\nexport const a: unknown = b\n`,
      )
    }
    const run = spawnSync(process.execPath, [biome, 'lint', '.'], { cwd: house, encoding: 'utf8', timeout: 30_000 })
    assert.equal(run.error, undefined)
    const blocks = (run.stdout + run.stderr).split(/\n(?=src\/)/)
    return blocks.filter((block) => block.startsWith(`src/${from}/`) && text.test(block)).length
  } finally {
    rmSync(house, { recursive: true, force: true })
  }
}

for (const [floor, lower] of ROOMS.entries()) {
  const upper = ROOMS[floor + 1]
  if (upper === undefined) continue
  test(`${lower}/ may not import ${upper}/`, () => {
    assert.equal(complaints(lower, upper, /Imports only go down/), 1)
  })
  test(`${upper}/ may import ${lower}/`, () => {
    assert.equal(complaints(upper, lower, /Imports only go down/), 0)
  })
}

for (const other of ['protocol', 'connection', 'hub', 'server']) {
  test(`resilience/ may not import ${other}/`, () => {
    assert.equal(complaints('resilience', other, /Imports only go down/), 1)
  })
}

test('resilience/ may import base/, server/ may import resilience/, hub/ and connection/ may not', () => {
  assert.equal(complaints('resilience', 'base', /Imports only go down/), 0)
  assert.equal(complaints('server', 'resilience', /Imports only go down/), 0)
  assert.equal(complaints('hub', 'resilience', /Imports only go down/), 1)
  assert.equal(complaints('connection', 'resilience', /Imports only go down/), 1)
})

test('broker/ may import connection/, server/ may import broker/, hub/ and broker/ do not know each other', () => {
  assert.equal(complaints('broker', 'connection', /Imports only go down/), 0)
  assert.equal(complaints('server', 'broker', /Imports only go down/), 0)
  assert.equal(complaints('broker', 'hub', /Imports only go down/), 1)
  assert.equal(complaints('hub', 'broker', /Imports only go down/), 1)
})

test('diagnose/ may import server/, ops/ may import diagnose/, rollout/ and diagnose/ do not know each other', () => {
  assert.equal(complaints('diagnose', 'server', /Imports only go down/), 0)
  assert.equal(complaints('ops', 'diagnose', /Imports only go down/), 0)
  assert.equal(complaints('diagnose', 'rollout', /Imports only go down/), 1)
  assert.equal(complaints('rollout', 'diagnose', /Imports only go down/), 1)
})

test('client/ may import nothing, and nothing may import it', () => {
  for (const other of ['base', 'protocol', 'server']) {
    assert.equal(complaints('client', other, /it imports nothing/), 1)
    assert.equal(complaints(other, 'client', /Imports only go down/), 1)
  }
})

test('console/ may import of src/ only what it is sent and the close codes, and nothing may import it', () => {
  for (const [path, wanted] of [
    ['../src/ops/live/wire.ts', 0],
    ['../src/protocol/close-codes.ts', 0],
    ['../src/ops/admin-listener.ts', 1],
    ['../src/hub/hub.ts', 1],
    ['node:fs', 1],
  ] as const) {
    assert.equal(complaintsAbout('console/probe.ts', path, /console\/ is a page/), wanted, path)
  }
  for (const room of ['base', 'server', 'ops', 'cli']) {
    assert.equal(complaintsAbout(`src/${room}/probe.ts`, '../../console/app.tsx', /Imports only go down/), 1, room)
  }
})

test('a cycle of imports is refused', () => {
  assert.equal(complaints('hub', 'server', /noImportCycles/), 1)
})
