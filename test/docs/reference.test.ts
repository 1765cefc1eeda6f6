/**
 * docs/reference is what scripts/docs.js would write now. Negative control: a page with one letter changed, one that is
 * missing and one too many are all found. The API page is read from text, so the classes themselves are asked as well.
 */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { Scope } from '../../src/base/scope.ts'
import { Connection } from '../../src/connection/connection.ts'
import { Turn } from '../../src/connection/turn.ts'
import { Server } from '../../src/server/server.ts'
import { UpgradeRequest } from '../../src/server/upgrade-request.ts'
import { ROOT } from './documents.ts'

const DEADLINE_MS = 60_000
/** Members that are marked as internal in the source. */
const OURS = {
  server: ['constructor'],
  request: ['abort', 'constructor', 'responseHeaders', 'revoke'],
  connection: ['constructor', 'endLife'],
  scope: ['constructor'],
  turn: ['abort', 'constructor', 'handOver', 'reason', 'waitFor'],
}
const COMMITTED = join(ROOT, 'docs', 'reference')
mkdirSync(join(ROOT, 'test', '.work'), { recursive: true })
const folder = mkdtempSync(join(ROOT, 'test', '.work', 'reference-'))
after(() => rmSync(folder, { recursive: true, force: true }))

function check(where: string): { status: number | null; printed: string } {
  const ran = spawnSync(process.execPath, [join(ROOT, 'scripts', 'docs.js'), '--check', '--folder', where], {
    encoding: 'utf8',
    timeout: DEADLINE_MS,
  })
  return { status: ran.status, printed: ran.stderr }
}

describe('docs/reference', () => {
  it('is not stale (if it is: npm run docs)', () => {
    assert.deepEqual(check(COMMITTED), { status: 0, printed: '' })
  })

  it('would be found stale', () => {
    cpSync(COMMITTED, folder, { recursive: true })
    const options = join(folder, 'options.md')
    writeFileSync(options, readFileSync(options, 'utf8').replace('`60000`', '`60001`'))
    rmSync(join(folder, 'errors.md'))
    const api = join(folder, 'api.md')
    writeFileSync(
      api,
      readFileSync(api, 'utf8').replace('connection.join(room: string)', 'connection.join(room: number)'),
    )
    writeFileSync(join(folder, 'old.md'), '')
    const { status, printed } = check(folder)
    assert.equal(status, 1)
    assert.match(
      printed,
      /^api\.md is stale.*\n^options\.md is stale.*\n^errors\.md is stale.*\n^old\.md is not generated/m,
    )
  })

  it('has every method users can call, with a sentence, and none that is ours', () => {
    const lines = readFileSync(join(COMMITTED, 'api.md'), 'utf8').split('\n')
    const owners = { server: Server, request: UpgradeRequest, connection: Connection, scope: Scope, turn: Turn }
    for (const [owner, { prototype }] of Object.entries(owners)) {
      const named = lines.flatMap((line) => new RegExp(`^- \`${owner}\\.(\\w+).*\`: [A-Z]`).exec(line)?.[1] ?? [])
      const missing = Object.getOwnPropertyNames(prototype).filter((name) => !named.includes(name))
      assert.deepEqual(missing.sort(), OURS[owner as keyof typeof OURS], owner)
    }
    assert.deepEqual(
      lines.filter((line) => /#\w+\(|@internal|`\w*\.?constructor/.test(line)),
      [],
    )
  })

  it('has a JSON Schema with a default and a description for every option', () => {
    const schema = JSON.parse(readFileSync(join(COMMITTED, 'options.schema.json'), 'utf8'))
    for (const { properties } of [schema, schema.$defs.route, schema.$defs.deflate]) {
      for (const [name, property] of Object.entries<Record<string, unknown>>(properties)) {
        assert.ok('default' in property && typeof property.description === 'string', name)
        if (property.type === 'integer') assert.ok('minimum' in property && 'maximum' in property, name)
      }
    }
    assert.deepEqual(schema.properties.idleTimeoutMs.default, 60_000)
  })
})
