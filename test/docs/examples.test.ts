/**
 * Every example of the documents runs. A block is JavaScript or TypeScript and imports `holdfast` by name, as its reader
 * would; one that is no whole program is marked `fragment`. `expression // => value` states what the expression gives:
 * the test checks the value, and that the line was reached.
 */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename, dirname, join } from 'node:path'
import { after, describe, it } from 'node:test'
import { TYPESCRIPT } from '../support/typescript.ts'
import { type Block, blocksOf, documents, isRunnable, ROOT } from './documents.ts'

const BLOCK_DEADLINE_MS = 20_000
const TSC = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin', 'tsc')
const TSC_FLAGS = [
  '--noEmit',
  '--ignoreConfig',
  '--strict',
  '--target',
  'es2022',
  '--module',
  'nodenext',
  '--skipLibCheck',
  '--types',
  'node',
]
const RUNNER = join(ROOT, 'test', 'docs', 'run-block.js')
mkdirSync(join(ROOT, 'test', '.work'), { recursive: true })
// Inside the repository, so that `import 'holdfast'` finds this package.
const folder = mkdtempSync(join(ROOT, 'test', '.work', 'docs-'))
after(() => rmSync(folder, { recursive: true, force: true }))

interface Outcome {
  readonly code: number | null
  readonly printed: string
}

describe('examples in the documents', { concurrency: 3 }, () => {
  const blocks = documents().flatMap(blocksOf)
  for (const block of blocks.filter(isRunnable)) {
    it(block.at, async () => {
      const { code, printed } = await runBlock(block)
      assert.equal(code, 0, printed)
    })
  }

  it('those in TypeScript agree with the types of the package, and a wrong one does not', async () => {
    const typed = blocks.filter((block) => isRunnable(block) && block.language === 'ts')
    const files = typed.map(writeBlock)
    const wrong = writeBlock({
      at: 'wrong',
      language: 'ts',
      info: '',
      code: "import { createServer } from 'holdfast'\ncreateServer(1)\n",
    })
    const { code, printed } = await run([TSC, ...TSC_FLAGS, ...files, wrong], 'stdout')
    assert.notEqual(code, 0)
    assert.deepEqual(
      printed.split('\n').filter((line) => /error/.test(line) && !line.includes(basename(wrong))),
      [],
    )
    assert.match(printed, new RegExp(`${basename(wrong)}.*error TS`))
  })

  it('there are some, in the README too', () => {
    assert.ok(blocks.filter(isRunnable).length > 5)
    assert.ok(blocks.some((block) => isRunnable(block) && block.at.startsWith('README.md')))
  })
})

describe('the runner of examples', { concurrency: 3 }, () => {
  const failing: [string, string][] = [
    ['an option that does not exist', "import { createServer } from 'holdfast'\ncreateServer({ idleTimeoutMS: 1 })\n"],
    ['an import that does not exist', "import { createServers } from 'holdfast'\n"],
    ['a value that differs', '1 + 1 // => 3\n'],
    ['an expectation that is not reached', 'if (Date.now() < 0) {\n  1 + 1 // => 2\n}\n'],
    ['a promise nobody settles', 'await new Promise(() => {})\n'],
    ['a rejection', "void Promise.reject(new Error('unhandled'))\n"],
  ]
  for (const [name, code] of failing) {
    it(`fails with ${name}`, async () => {
      assert.notEqual((await runBlock({ at: name, language: 'js', info: '', code })).code, 0)
    })
  }

  it('passes with values that agree', async () => {
    const code = "const two = 1 + 1 // => 2\n'x'.repeat(two) // => 'xx'\nawait Promise.resolve([two]) // => [2]\n"
    assert.deepEqual(await runBlock({ at: 'agree', language: 'ts', info: '', code }), { code: 0, printed: '' })
  })
})

let count = 0

function writeBlock(block: Block): string {
  const file = join(folder, `block-${count++}.${block.language === 'ts' ? 'mts' : 'mjs'}`)
  writeFileSync(file, block.code)
  return file
}

async function runBlock(block: Block): Promise<Outcome> {
  const { code, expectations } = withExpectations(block.code)
  const flags = block.language === 'ts' ? [TYPESCRIPT] : []
  return run([...flags, RUNNER, writeBlock({ ...block, code }), String(expectations)], 'stderr')
}

/** Runs Node to its end, or kills it at the deadline. */
async function run(args: string[], printsOn: 'stdout' | 'stderr'): Promise<Outcome> {
  const child = spawn(process.execPath, args, {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    signal: AbortSignal.timeout(BLOCK_DEADLINE_MS),
    killSignal: 'SIGKILL',
  })
  let printed = ''
  child[printsOn].on('data', (chunk: Buffer) => {
    printed += chunk
  })
  child[printsOn === 'stdout' ? 'stderr' : 'stdout'].resume()
  child.on('error', (error) => {
    printed += `${error.message}\n`
  })
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve))
  return { code, printed }
}

/** Makes `expression // => value` and `const name = expression // => value` lines that check themselves. */
function withExpectations(code: string): { code: string; expectations: number } {
  let expectations = 0
  const lines = code.split('\n').map((line, index) => {
    const stated = /^(\s*)(.*\S)\s*\/\/ => (.+)$/.exec(line)
    if (stated === null) return line
    expectations++
    const [, indent = '', statement = '', value = ''] = stated
    const name = /^(?:const|let) (\w+) = /.exec(statement)?.[1]
    const check = `globalThis.expectValue(${name ?? statement}, (${value}), ${index + 1})`
    return name === undefined ? `${indent};${check}` : `${indent}${statement}; ${check}`
  })
  return { code: lines.join('\n'), expectations }
}
