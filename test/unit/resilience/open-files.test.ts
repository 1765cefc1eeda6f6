/** How many files are open: on this kernel, and as it is counted on older ones. */
import assert from 'node:assert/strict'
import { closeSync, openSync, readdirSync } from 'node:fs'
import { test } from 'node:test'
import { countOpenFiles, openFiles } from '../../../src/resilience/open-files.ts'

const listed = (): number => readdirSync('/proc/self/fd').length - 1

test('both ways say what the folder lists, with few and with many, and keep none of it', async () => {
  const before = listed()
  assert.deepEqual([await openFiles(), await countOpenFiles()], [before, before])
  const files = Array.from({ length: 700 }, () => openSync('/dev/null', 'r'))
  const many = [await openFiles(), await countOpenFiles()]
  for (const file of files) closeSync(file)
  assert.deepEqual(many, [before + 700, before + 700])
  assert.equal(listed(), before)
})
