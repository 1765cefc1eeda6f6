/** A snapshot is examined in a process of its own: its answer, its end by deadline and signal, and files that are none. */
import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { examine } from '../../../../src/diagnose/snapshot/examine.ts'
import type { ExamineProgress } from '../../../../src/diagnose/snapshot/examine-words.ts'
import { FOLDER, run, type Written } from './programs.ts'

const DEADLINE = { deadlineMs: 120_000 }

describe('examine', () => {
  let written: Written
  let file: string

  before(async () => {
    written = await run(join(FOLDER, 'holders.cjs'))
    file = written.files[0] as string
  })
  after(() => written.remove())

  const request = (path: string) => ({ file: path, folder: FOLDER })

  test('answers, and tells how far it is', async () => {
    const told: ExamineProgress[] = []
    const found = await examine(request(file), { ...DEADLINE, progress: (progress) => told.push(progress) })
    assert.equal(found.verdict, 'nothing')
    assert.ok(found.snapshot.nodes > 10_000)
    assert.deepEqual(told.at(-1), { part: 'searching', done: 0, of: 0 })
    const read = told.filter(({ part }) => part === 'reading')
    assert.equal(read.at(-1)?.done, read[0]?.of)
  })

  test('a file that is cut off, one that is none, and none at all', async () => {
    const bytes = readFileSync(file)
    const cut = join(written.folder, 'cut')
    writeFileSync(cut, bytes.subarray(0, bytes.length >> 1))
    await assert.rejects(examine(request(cut), DEADLINE), {
      code: 'HF_SNAPSHOT_INVALID',
      message: new RegExp(
        `the end of the file in "\\w+", of a snapshot of \\d+ nodes and \\d+ edges, at byte ${bytes.length >> 1};`,
      ),
    })
    await assert.rejects(examine(request(join(FOLDER, 'holders.cjs')), DEADLINE), {
      code: 'HF_SNAPSHOT_INVALID',
      message: /a file that begins with '\/', at byte 0;/,
    })
    await assert.rejects(examine(request(join(written.folder, 'gone')), DEADLINE), {
      code: 'HF_EXAMINE_FAILED',
      message: /ENOENT/,
    })
  })

  test('ends with its deadline', async () => {
    await assert.rejects(examine(request(file), { deadlineMs: 1 }), {
      code: 'HF_EXAMINE_FAILED',
      message: /it took more than 1 ms/,
    })
  })

  test('ends with its signal, before and meanwhile, and with what its progress throws', async () => {
    const reason = new Error('enough')
    await assert.rejects(examine(request(file), { ...DEADLINE, signal: AbortSignal.abort(reason) }), reason)
    const controller = new AbortController()
    const progress = () => controller.abort(reason)
    await assert.rejects(examine(request(file), { ...DEADLINE, signal: controller.signal, progress }), reason)
    const fails = () => {
      throw reason
    }
    await assert.rejects(examine(request(file), { ...DEADLINE, progress: fails }), reason)
  })
})
