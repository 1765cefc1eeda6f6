/**
 * What the documents name exists: files and headings that are linked to, error codes, options, methods. And what has to be
 * in them is: every status, ending and broken rule of the source stands in docs/LIFECYCLE.md.
 */
import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { describe, it } from 'node:test'
import { ERRORS } from '../../src/base/errors.ts'
import { Scope } from '../../src/base/scope.ts'
import { Connection } from '../../src/connection/connection.ts'
import { CENSUS_OPTIONS } from '../../src/diagnose/census/census-settings.ts'
import { SOAK_OPTIONS } from '../../src/diagnose/soak/soak-options.ts'
import { ADMIN_OPTIONS } from '../../src/ops/admin-options.ts'
import { LOG_OPTIONS } from '../../src/ops/logs/log-options.ts'
import { ROLLOUT_OPTIONS } from '../../src/rollout/rollout-options.ts'
import { DRAIN_OPTIONS } from '../../src/server/drain-options.ts'
import { Server } from '../../src/server/server.ts'
import { DEFLATE_OPTIONS, ROUTE_OPTIONS, SERVER_OPTIONS } from '../../src/server/server-options.ts'
import { UpgradeRequest } from '../../src/server/upgrade-request.ts'
import { anchorsOf, type Document, documents, proseOf, ROOT } from './documents.ts'

const OPTIONS = {
  ...SERVER_OPTIONS,
  ...ROUTE_OPTIONS,
  ...DEFLATE_OPTIONS,
  ...DRAIN_OPTIONS,
  ...ADMIN_OPTIONS,
  ...CENSUS_OPTIONS,
  ...ROLLOUT_OPTIONS,
  ...SOAK_OPTIONS,
  ...LOG_OPTIONS,
}
/** Options of the client, and what it says. */
const CLIENT = ['waitFirstMs', 'waitMaxMs', 'stableAfterMs', 'connectTimeoutMs', 'inMs']
/** Named like options, but fields of events, of a drain's report and of what a scope holds, and arguments of a scope's methods. */
const NOT_OPTIONS = [
  'stalledMs',
  'notReadyMs',
  'pauseMs',
  'estimateMs',
  'ageMs',
  'intervalMs',
  'delayMs',
  'durationMs',
  'oldestMs',
  ...CLIENT,
]
const MEMBERS: Readonly<Record<string, readonly string[]>> = {
  connection: [...Object.getOwnPropertyNames(Connection.prototype), 'id', 'openedAt', 'ts'],
  server: [...Object.getOwnPropertyNames(Server.prototype), 'options', 'scope', 'ts'],
  scope: [...Object.getOwnPropertyNames(Scope.prototype), 'name', 'ts'],
  // Of an upgrade, and of the admin port.
  request: [...Object.getOwnPropertyNames(UpgradeRequest.prototype), 'signal', 'accept'],
}
const all = documents()

function problems(check: (document: Document) => Iterable<string>): string[] {
  return all.flatMap((document) => [...new Set(check(document))].map((problem) => `${document.path}: ${problem}`))
}

function* wrongLinks(document: Document): Iterable<string> {
  for (const [, target = ''] of proseOf(document).matchAll(/\]\(([^)\s]+)\)/g)) {
    if (/^[a-z]+:/.test(target)) continue
    const [file = '', anchor] = target.split('#')
    const path = file === '' ? document.path : normalize(join(dirname(document.path), file))
    if (!existsSync(join(ROOT, path))) yield `no such file: ${target}`
    else if (anchor !== undefined && !anchorsIn(path).has(anchor)) yield `no such heading: ${target}`
  }
}

function anchorsIn(path: string): Set<string> {
  return anchorsOf({ path, text: readFileSync(join(ROOT, path), 'utf8') })
}

function* wrongCodes({ text }: Document): Iterable<string> {
  for (const [code] of text.matchAll(/\bHF_[A-Z_]*[A-Z]\b/g)) if (!(code in ERRORS)) yield `no such error: ${code}`
}

function* wrongOptions({ text }: Document): Iterable<string> {
  for (const [name] of text.matchAll(/\b[a-z]+(?:[A-Z][a-z]+)*(?:Ms|Max)\b/g)) {
    if (!(name in OPTIONS) && !NOT_OPTIONS.includes(name)) yield `no such option: ${name}`
  }
}

function* wrongMembers({ text }: Document): Iterable<string> {
  for (const [, owner = '', member = ''] of text.matchAll(
    /(?<![\w./-])(connection|server|scope|request)\.([a-z]\w*)/g,
  )) {
    if (!MEMBERS[owner]?.includes(member)) yield `no such member: ${owner}.${member}`
  }
}

/** Paths of the repository in back-quotes; `*` stands for any. */
function* wrongPaths(document: Document): Iterable<string> {
  for (const [, path = ''] of proseOf(document).matchAll(
    /`((?:src|test|docs|examples|deploy|scripts|bench)\/[\w./*-]*)`/g,
  )) {
    const folder = path.includes('*') ? dirname(path.slice(0, path.indexOf('*') + 1)) : path
    if (!existsSync(join(ROOT, folder))) yield `no such path: ${path}`
  }
}

describe('what the documents name exists', () => {
  const checks: [string, (document: Document) => Iterable<string>, string][] = [
    ['links', wrongLinks, '[x](docs/nowhere.md) [y](README.md#nowhere)'],
    ['error codes', wrongCodes, 'see HF_NOWHERE'],
    ['options', wrongOptions, 'set `idleTimeOutMs` or nowhereMax'],
    ['members of connection, server, scope and request', wrongMembers, 'call connection.terminate()'],
    ['paths', wrongPaths, 'see `src/nowhere/`'],
  ]
  for (const [name, check, wrong] of checks) {
    it(name, () => assert.deepEqual(problems(check), []))
    it(`${name}: a wrong one is found`, () => {
      assert.ok([...check({ path: 'README.md', text: wrong })].length > 0)
    })
  }

  it('scripts of npm', () => {
    const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
    const known = [...Object.keys(scripts), 'ci', 'install', 'pack', 'pkg', 'start', 'test']
    const named = all.flatMap(({ text }) =>
      [...text.matchAll(/\bnpm (?:run )?([a-z]+(?::[a-z-]+)?)/g)].map(([, name = '']) => name),
    )
    assert.deepEqual(
      named.filter((name) => !known.includes(name)),
      [],
    )
  })
})

describe('docs/LIFECYCLE.md is complete', () => {
  const text = all.find(({ path }) => path.endsWith('LIFECYCLE.md'))?.text ?? ''
  const sources = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })
    .map((name) => join(ROOT, 'src', name))
    .filter((path) => statSync(path).isFile())
    .map((path) => readFileSync(path, 'utf8'))
    .join('\n')
  // What is filled in stands in the document as what it is.
  const shown = (reason: string): string =>
    reason
      .replace('$' + '{bytesMax}', 'messageBytesMax')
      .replace('$' + '{STREAMS_MAX}', '1024')
      .split(/ ?\(?\$\{/)[0] ?? ''

  it('close codes with their reasons', () => {
    const found = [
      ...sources.matchAll(/(?:rule|serverEnding)\((1\d{3}), '([^']+)'\)/g),
      ...sources.matchAll(/code: (1\d{3}), reason: ['`]([^'`]+)['`]/g),
    ]
    assert.ok(found.length > 25)
    const missing = found.filter(([, code = '', reason = '']) => {
      const rows = text.split('\n').filter((line) => line.startsWith('| ') && line.includes(shown(reason)))
      return !rows.some((row) => row.includes(`| ${code} |`))
    })
    assert.deepEqual(
      missing.map(([whole]) => whole),
      [],
    )
  })

  it('statuses', () => {
    const found = new Set([...sources.matchAll(/status: (\d{3})\b|writeHead\((\d{3})/g)].map(([, a, b]) => a ?? b))
    assert.ok(found.size > 6)
    assert.deepEqual(
      [...found].filter((status) => !text.includes(`| ${status} |`)),
      [],
    )
  })
})
