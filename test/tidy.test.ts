/**
 * The rules of the house that the linter does not know. Each rule looks at one file's path and text and names what to
 * write instead; each is shown an offending text first, so that a rule that has gone blind is found.
 */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { ERRORS } from '../src/base/errors.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))

interface Rule {
  readonly name: string
  /** What is wrong with the file, or nothing. */
  look(path: string, text: string): string[]
  /** A path and a text that break the rule. */
  readonly offence: readonly [path: string, text: string]
  /** Of which files it speaks; default: those of src/ and console/. */
  readonly everywhere?: true
}

const LINES_MAX = 300
/** Files that may be longer, each with its reason. Better none. */
const LONGER: Readonly<Record<string, string>> = {}

/** Each line that matches, outside comments. */
function linesWith(text: string, pattern: RegExp, instead: string): string[] {
  return text
    .split('\n')
    .map((line, index) => [line, index + 1] as const)
    .filter(([line]) => !/^\s*(\*|\/\*|\/\/)/.test(line) && pattern.test(line.replace(/\/\/.*$/, '')))
    .map(([line, number]) => `line ${number}: ${line.trim()}: ${instead}`)
}

const RULES: readonly Rule[] = [
  {
    name: 'time comes from the clock',
    look: (path, text) =>
      // Client and console run in pages, where there is no clock but the page's.
      path === 'src/base/clock.ts' || path === 'src/client/index.ts' || path.startsWith('console/')
        ? []
        : linesWith(
            text,
            // A socket has a setTimeout of its own.
            /(?<!\.)\b(setTimeout|setInterval)\(|\bperformance\.now\b|\bprocess\.hrtime\b/,
            'use a deadline of the wheel (src/base/wheel.ts) or the Clock that was passed in',
          ),
    offence: ['src/hub/hub.ts', 'const timer = setTimeout(() => {}, 10)'],
  },
  {
    name: 'sockets are heard and ended in one file',
    look: (path, text) =>
      // A page has no sockets of Node.
      path === 'src/connection/socket.ts' || path.startsWith('console/')
        ? []
        : linesWith(
            text,
            /\.(destroy|destroySoon|resetAndDestroy)\(|[sS]ocket\.end\(|\.(on|once|addListener)\('(data|end|drain|readable|timeout)'/,
            'use ownSocket, finishSocket, destroySocket or resetSocket of src/connection/socket.ts',
          ),
    offence: ['src/server/server.ts', "  socket.on('data', read)"],
  },
  {
    name: 'nothing prints',
    look: (path, text) =>
      // The log of whoever asked for one has to go somewhere.
      path.startsWith('src/cli/') || path === 'src/ops/logs/line-writer.ts'
        ? []
        : linesWith(
            text,
            /\bconsole\.|process\.(stdout|stderr)\b/,
            'announce an event (src/base/events.ts); cli/ prints',
          ),
    offence: ['src/hub/hub.ts', "console.log('here')"],
  },
  {
    name: 'files are short',
    look(path, text) {
      const lines = text.split('\n').length - 1
      if (lines <= LINES_MAX || path in LONGER) return []
      return [`${lines} lines: split it, at most ${LINES_MAX} (the list of exceptions is in test/tidy.test.ts)`]
    },
    offence: ['src/hub/hub.ts', 'x\n'.repeat(LINES_MAX + 1)],
  },
  {
    name: 'every collection has an owner',
    look(_, text) {
      const lines = text.split('\n')
      const wrong: string[] = []
      lines.forEach((line, index) => {
        if (!/^ {2}(readonly )?#?\w+(: [^=]*\b(Map|Set)<| = new (Map|Set)\b)/.test(line)) return
        // Parameters and signatures are nobody's to empty.
        if (/^ {2}#?\w+\(|ReadonlyMap|ReadonlySet/.test(line)) return
        if (/Removed by|Bounded|At most/.test(lines[index - 1] ?? '')) return
        wrong.push(
          `line ${index + 1}: ${line.trim()}: say in the line above who takes entries out ("Removed by: …") or what bounds it ("Bounded …", "At most …")`,
        )
      })
      return wrong
    },
    offence: ['src/hub/hub.ts', 'class Hub {\n  // Everybody.\n  readonly #lives = new Map<string, Life>()\n}'],
  },
  {
    name: 'names say what a thing is',
    look: (path) =>
      /manager|helper|util|common|misc|core/i.test(basename(path)) ||
      !/^[a-z0-9-]+(\.[a-z]+)*\.tsx?$/.test(basename(path))
        ? [
            'a file name in kebab-case without Manager, Helper, Util, Common, Misc, Core: name it for the one thing it holds',
          ]
        : [],
    offence: ['src/base/stringUtils.ts', ''],
  },
  {
    name: 'exports have names',
    look: (_, text) => linesWith(text, /^export default\b|\bas default\b/, 'use a named export'),
    offence: ['src/hub/hub.ts', 'export default class Hub {}'],
    everywhere: true,
  },
  {
    name: 'every module says what it is',
    look: (_, text) =>
      text.replace(/^#!.*\n/, '').startsWith('/**')
        ? []
        : ['begin with a comment: what it is, who owns it, how it ends'],
    offence: ['src/hub/hub.ts', "import { x } from './x.ts'"],
  },
  {
    name: 'modules have no state',
    look: (_, text) =>
      linesWith(text, /^(export )?(let|var) (?!\w+: \(.*=>)/, 'put it into an object that somebody owns and passes in'),
    offence: ['src/hub/hub.ts', 'let count = 0'],
  },
]

function sourceFiles(): (readonly [path: string, text: string])[] {
  return ['src', 'console']
    .flatMap((folder) =>
      readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).map((name) => `${folder}/${name}`),
    )
    .map((name) => name.replaceAll('\\', '/'))
    .filter((name) => /\.tsx?$/.test(name))
    .sort()
    .map((path) => [path, readFileSync(join(ROOT, path), 'utf8')] as const)
}

const SOURCES = sourceFiles()

for (const rule of RULES) {
  test(rule.name, () => {
    assert.notDeepEqual(rule.look(...rule.offence), [], 'negative control: the rule does not see its own offence')
    const found = SOURCES.flatMap(([path, text]) => rule.look(path, text).map((problem) => `${path}: ${problem}`))
    assert.deepEqual(found, [])
  })
}

test('the list of longer files has no entry that is not needed', () => {
  for (const path of Object.keys(LONGER)) {
    const text = SOURCES.find(([name]) => name === path)?.[1] ?? ''
    assert.ok(text.split('\n').length - 1 > LINES_MAX, `${path} is short enough: take it off the list`)
  }
})

/** Codes that stand in a text as values. */
function codesIn(text: string): Set<string> {
  return new Set([...text.matchAll(/'(HF_[A-Z_]+)'/g)].map((match) => match[1]!))
}

function codeProblems(table: readonly string[], used: ReadonlySet<string>): string[] {
  return [
    ...table
      .filter((code) => !used.has(code))
      .map((code) => `${code} is never used: take it out of src/base/errors.ts`),
    ...[...used]
      .filter((code) => !table.includes(code))
      .map((code) => `${code} is not in the table: add it to src/base/errors.ts`),
  ]
}

test('every error code of the table is used, and every code used is in the table', () => {
  assert.equal(codeProblems(['HF_A', 'HF_B'], codesIn("new HoldfastError('HF_B'); throw 'HF_C'")).length, 2)
  const used = codesIn(
    SOURCES.filter(([path]) => path !== 'src/base/errors.ts')
      .map(([, text]) => text)
      .join('\n'),
  )
  assert.deepEqual(codeProblems(Object.keys(ERRORS), used), [])
})

function addressesIn(lock: string): string[] {
  return [...lock.matchAll(/"resolved": "[^"]*"/g)].map((match) => match[0])
}

test('no lock file has download addresses: whoever installs chooses the registry', () => {
  assert.equal(addressesIn('"resolved": "https://registry.example.com/x.tgz"').length, 1)
  for (const folder of ['.', 'bench', 'test/peers', 'test/runners']) {
    const lock = readFileSync(join(ROOT, folder, 'package-lock.json'), 'utf8')
    assert.ok(lock.includes('"integrity"'), 'but it has checksums')
    assert.deepEqual(
      addressesIn(lock),
      [],
      `in ${folder}: run npm install --package-lock-only --omit-lockfile-registry-resolved=true`,
    )
  }
})
