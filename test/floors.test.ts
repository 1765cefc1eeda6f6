/**
 * The linter, with this project's configuration, refuses an import that goes up and lets one through that goes down.
 * Runs it once over a house of its own in a temporary folder, in which each import to be tried is a file; removes the house.
 */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test } from 'node:test'

const BIOME = createRequire(import.meta.url).resolve('@biomejs/biome/bin/biome')
const DEADLINE_MS = 60_000
/** From the ground up. */
const FLOORS = [
  ['base'],
  ['protocol'],
  ['connection'],
  ['hub', 'broker', 'resilience'],
  ['server'],
  ['rollout', 'diagnose'],
  ['ops'],
  ['cli'],
] as const
const ROOMS = FLOORS.flat()

const UP = /Imports only go down/
const NOTHING = /it imports nothing/
const A_PAGE = /console\/ is a page/
const CYCLE = /noImportCycles/
const ALLOWED = null

/** Who imports, what, and what the linter says. */
type Row = readonly [from: string, imported: string, said: RegExp | null]

const room = (from: string, to: string, said: RegExp | null): Row => [`src/${from}`, `../${to}/probe.ts`, said]

const floorOf = (one: string): number => FLOORS.findIndex((rooms) => rooms.some((name) => name === one))
const others = (one: string): readonly string[] => ROOMS.filter((name) => name !== one)

const RULES: Readonly<Record<string, readonly Row[]>> = {
  'a room imports those on floors below it, and no other': others('resilience').flatMap((from) =>
    others(from).map((to) => room(from, to, floorOf(to) < floorOf(from) ? ALLOWED : UP)),
  ),
  'resilience/ imports base/ alone': others('resilience').map((to) =>
    room('resilience', to, to === 'base' ? ALLOWED : UP),
  ),
  'client/ imports nothing, and nothing imports it': ROOMS.flatMap((other) => [
    room('client', other, NOTHING),
    room(other, 'client', UP),
  ]),
  'console/ imports of src/ only what it is sent and the close codes, and nothing imports it': [
    ['console', '../src/ops/live/wire.ts', ALLOWED],
    ['console', '../src/protocol/close-codes.ts', ALLOWED],
    ['console', '../src/ops/admin-listener.ts', A_PAGE],
    ['console', '../src/hub/hub.ts', A_PAGE],
    ['console', 'node:fs', A_PAGE],
    ...ROOMS.map((from): Row => [`src/${from}`, '../../console/app.tsx', UP]),
  ],
  'a cycle is refused': [['src/rollout', './probe-of-a-cycle.ts', CYCLE]],
}

const houseOf = (rows: readonly Row[]): readonly (readonly [path: string, row: Row])[] =>
  rows.map((row, at) => [`${row[0]}/probe-${at}.ts`, row] as const)

/** What the linter says of each file, by its path. */
function complaintsOf(files: Readonly<Record<string, string>>): ReadonlyMap<string, string> {
  const house = mkdtempSync(join(tmpdir(), 'floors-'))
  try {
    writeFileSync(join(house, 'biome.json'), configuration())
    for (const [path, imported] of Object.entries(files)) {
      mkdirSync(join(house, dirname(path)), { recursive: true })
      writeFileSync(join(house, path), `import { b } from '${imported}'\n\nexport const a: unknown = b\n`)
    }
    const args = [BIOME, 'lint', '--max-diagnostics=none', '.']
    const run = spawnSync(process.execPath, args, { cwd: house, encoding: 'utf8', timeout: DEADLINE_MS })
    assert.equal(run.error, undefined)
    const said = new Map<string, string>()
    for (const block of (run.stdout + run.stderr).split(/\n(?=src\/|console\/)/)) {
      const path = block.split(':', 1)[0] as string
      said.set(path, `${said.get(path) ?? ''}${block}`)
    }
    return said
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

const tried = houseOf(Object.values(RULES).flat())
const complaints = complaintsOf({
  ...Object.fromEntries(tried.map(([path, [, imported]]) => [path, imported])),
  // The other half of the cycle.
  'src/rollout/probe-of-a-cycle.ts': `./${tried
    .find(([, [, , said]]) => said === CYCLE)?.[0]
    .split('/')
    .at(-1)}`,
})

for (const [rule, rows] of Object.entries(RULES)) {
  test(rule, () => {
    for (const [path, row] of tried.filter(([, one]) => rows.includes(one))) {
      const [from, imported, said] = row
      const complaint = complaints.get(path) ?? ''
      const wrong = `${from} imports ${imported}: ${complaint || 'no complaint'}`
      if (said === ALLOWED) assert.doesNotMatch(complaint, /noRestrictedImports|noImportCycles/, wrong)
      else assert.match(complaint, said, wrong)
    }
  })
}
