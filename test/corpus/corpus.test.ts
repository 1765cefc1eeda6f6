/**
 * The corpus: what it must have, that every head says what is right, and a sample of it as it is run (on the Node of the tests;
 * all of it on three is `npm run corpus`). Controls: with the answers swapped the same findings are wrong; a head that says nothing
 * is refused.
 *
 * Needs: peers
 */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import type { Holder } from '../../src/diagnose/snapshot/cause.ts'
import { judge, swapped } from './judge.ts'
import { programOf, programs } from './programs.ts'
import { examine } from './run-program.ts'

const SAMPLE = [
  ...['ws-clients-map', 'module-variable', 'promise-race', 'room-table', 'timer-list'],
  ...['lru', 'ws-clean', 'seen-for-a-while'],
]

const ALL = programs()
const BYTES_MAX = 400_000

describe('the corpus', () => {
  test('has at least 40 programs, 15 of them harmless, and no leak without its place', () => {
    const leaks = ALL.filter(({ answer }) => answer.verdict === 'leak')
    assert.ok(ALL.length >= 40, `${ALL.length}`)
    assert.ok(ALL.length - leaks.length >= 15, `${ALL.length - leaks.length} harmless`)
    for (const { name, answer, about } of leaks) {
      assert.ok(answer.places.length > 0 && answer.holders.length > 0, name)
      assert.ok(about.length > 20, name)
    }
    assert.ok(ALL.reduce((sum, { path }) => sum + readFileSync(path).length, 0) < BYTES_MAX)
  })

  test('is listed in its README, each with what its head says', () => {
    const readme = readFileSync(new URL('README.md', import.meta.url), 'utf8')
    const isListed = (name: string, about: string) =>
      readme.split('\n').some((line) => line.startsWith(`| ${name} |`) && line.includes(about.replaceAll('|', '\\|')))
    for (const { name, about } of ALL)
      assert.ok(isListed(name, about), `${name}: a line in README.md, as its head says it`)
    assert.ok(!isListed('ws-clients-map', 'something else'), 'control')
  })

  test('marks the line that declares the name', () => {
    for (const { name, answer } of ALL) {
      for (const { file, line } of answer.places) {
        const text = readFileSync(file, 'utf8').split('\n')[line - 1] ?? ''
        const words = [...answer.holders, answer.event ?? '']
        assert.ok(
          words.some((word) => word !== '' && text.includes(word.replace(/^(setI|setT)\w+$/, '$1'))),
          `${name}: ${text}`,
        )
      }
    }
  })

  test('a head without an answer is refused, and so is a leak without a mark', () => {
    const read = (text: string) => programOf('x.js', [['/x.js', text]])
    assert.throws(() => read('// It leaks.\n\nexport const a = 1 // ← holds\n'), /no line/)
    assert.throws(() => read('// It leaks.\n//\n// verdict: leak\n// holder: a\n\nconst a = []\n'), /marked/)
    assert.throws(() => read('// It leaks.\n//\n// verdict: leak\n\nconst a = [] // ← holds\n'), /holder/)
    assert.throws(() => read('// None.\n//\n// verdict: maybe\n'), /maybe/)
    const right = read('// It leaks.\n//\n// verdict: leak\n// holder: a\n\n// ↓ holds\nconst a = [\n')
    assert.deepEqual(right.answer.places, [{ file: '/x.js', line: 7 }])
  })
})

describe('a sample of it', () => {
  const said = new Map<string, Holder | null>()

  for (const name of SAMPLE) {
    test(name, async () => {
      const program = ALL.find((one) => one.name === name)
      assert.ok(program !== undefined)
      const { grown } = await examine(program)
      const first = grown[0]?.cause.holder ?? null
      said.set(name, first)
      const { isVerdictRight, isNameRight } = judge(program.answer, first)
      const sentences = grown.map(({ sentence }) => sentence).join('\n')
      assert.ok(
        isVerdictRight && isNameRight,
        `said: ${sentences || 'nothing'}; right: ${JSON.stringify(program.answer)}`,
      )
    })
  }

  test('control: with the answers swapped, all of it is wrong', () => {
    const chosen = ALL.filter(({ name }) => said.has(name))
    assert.equal(chosen.length, SAMPLE.length)
    const wrong = swapped(chosen.map(({ answer }) => answer))
    for (const [index, { name }] of chosen.entries()) {
      const answer = wrong[index]
      assert.ok(answer !== undefined && !judge(answer, said.get(name) ?? null).isNameRight, name)
    }
  })
})
