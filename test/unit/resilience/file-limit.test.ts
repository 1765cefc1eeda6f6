/** The limit on open files: what it reads, what it leaves free, and how often it counts. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FileLimit } from '../../../src/resilience/file-limit.ts'

const text = (soft: string): string =>
  `Limit                     Soft Limit           Hard Limit           Units     \nMax open files            ${soft}                20000                files     \n`

test('reads the soft limit; null where there is none to read', () => {
  assert.equal(FileLimit.read({ limits: () => text('200'), open: () => 20 })?.max, 200)
  assert.equal(FileLimit.read({ limits: () => text('unlimited'), open: () => 20 }), null)
  assert.equal(FileLimit.read({ limits: () => null, open: () => 20 }), null)
  if (process.platform === 'linux') assert.ok((FileLimit.read()?.max ?? 0) > 0)
})

test('leaves a reserve, beside what others have open', () => {
  let others = 20
  let sockets = 1
  const limit = FileLimit.read({ limits: () => text('200'), open: () => others + sockets }) as FileLimit
  assert.equal(limit.reserve, 32)
  while (limit.allows(sockets, 0)) sockets++
  assert.equal(sockets - 1, 200 - 32 - 20)
  others = 60
  assert.equal(limit.allows(100, 499), true)
  sockets = 120
  assert.equal(limit.allows(sockets, 500), false)
})

test('counts rarely while there is much left, sooner when there is little', () => {
  let looks = 0
  const limit = FileLimit.read({ limits: () => text('20000'), open: () => ++looks }) as FileLimit
  assert.equal(limit.reserve, 1_000)
  for (let ms = 0; ms < 10_000; ms += 100) limit.allows(100, ms)
  assert.equal(looks, 1)
  limit.allows(100, 10_000)
  assert.equal(looks, 2)
  for (let ms = 10_000; ms < 12_000; ms += 100) limit.allows(18_990, ms)
  assert.equal(looks, 5)
})

test('no descriptor left to count with: nobody is let in', () => {
  const limit = FileLimit.read({ limits: () => text('200'), open: () => Number.POSITIVE_INFINITY })
  assert.equal(limit?.allows(1, 0), false)
})

test('a count that takes a while: the one before holds until it is done; when it fails, nobody is let in', async () => {
  let answer: Promise<number> = Promise.resolve(20)
  const limit = FileLimit.read({ limits: () => text('200'), open: () => answer }) as FileLimit
  assert.equal(limit.allows(168, 0), true)
  await answer
  assert.equal(limit.allows(169, 0), false)
  answer = Promise.resolve(100 + 60)
  assert.equal(limit.allows(100, 10_000), true)
  await answer
  assert.equal(limit.allows(100, 10_000), true)
  assert.equal(limit.allows(109, 10_000), false)
  answer = Promise.reject(new Error('EMFILE'))
  assert.equal(limit.allows(1, 20_000), true)
  await answer.catch(() => {})
  assert.equal(limit.allows(1, 20_000), false)
})

test('who connects while it is counted is not taken for somebody else; there is one count at a time', async () => {
  const answers: ((open: number) => void)[] = []
  const limit = FileLimit.read({
    limits: () => text('200'),
    open: () => new Promise((resolve) => void answers.push(resolve)),
  }) as FileLimit
  for (let sockets = 10; sockets <= 100; sockets++) assert.equal(limit.allows(sockets, sockets * 1_000), true)
  assert.equal(answers.length, 1)
  answers[0]?.(100 + 20)
  await Promise.resolve()
  assert.equal(limit.allows(148, 100_001), true)
  assert.equal(limit.allows(149, 100_001), false)
})
