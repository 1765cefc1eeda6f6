/** A reading from texts that are given: what it takes from where, and what it does without them. */
import assert from 'node:assert/strict'
import { readdirSync, readlinkSync } from 'node:fs'
import { test } from 'node:test'
import { rssOf } from '../../../../src/diagnose/memory/accounts.ts'
import { type MemorySurroundings, readMemory, tcpMemoryIn } from '../../../../src/diagnose/memory/read-memory.ts'
import type { V8Figures } from '../../../../src/diagnose/memory/v8-figures.ts'
import { SMALL_PROCESS, smapsText } from '../../../support/smaps-text.ts'

const KIB = 1024
const SOCKSTAT = `sockets: used 271
TCP: inuse 12 orphan 0 tw 4 alloc 15 mem 7
UDP: inuse 2 mem 0
`
const FIGURES: V8Figures = {
  ...{ rssBytes: 52_000 * KIB, heapTotalBytes: 13_000 * KIB, heapLimitBytes: 4_345_298_944, cppUsedBytes: 0 },
  ...{ externalBytes: 3_000_000, arrayBuffersBytes: 137_679 },
  spaces: [{ name: 'old_space', usedBytes: 9_000 * KIB, sizeBytes: 12_000 * KIB }],
}

function surroundings(smaps: string | null, sockstat: string | null): MemorySurroundings {
  return {
    async *smaps() {
      if (smaps === null) throw new Error('ENOENT')
      for (let at = 0; at < smaps.length; at += 1000) yield smaps.slice(at, at + 1000)
    },
    sockstat: () => (sockstat === null ? Promise.reject(new Error('ENOENT')) : Promise.resolve(sockstat)),
    figures: () => FIGURES,
  }
}

function fileOf(fd: string): string {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`)
  } catch {
    // The one the folder was read with.
    return ''
  }
}

test('from /proc', async () => {
  const report = await readMemory([], surroundings(smapsText(SMALL_PROCESS), SOCKSTAT))
  assert.deepEqual([report.source, report.rssBytes, rssOf(report.accounts)], ['proc', 51_000 * KIB, 51_000 * KIB])
  assert.equal(report.accounts.v8Used, (9_000 + 248) * KIB)
  assert.equal(report.arrayBuffersBytes, 137_679)
  assert.deepEqual(report.heap, { limitBytes: 4_345_298_944, spaces: FIGURES.spaces })
  assert.deepEqual(report.kernel, { tcpBytesOfMachine: 7 * 4096 })
  assert.equal(report.hasHadWorkers, false)
  assert.match(report.verdict, /^Nothing stands out in 52 MB/)
})

test('from the process, where there is no /proc or it is not understood', async () => {
  for (const smaps of [null, '', smapsText(SMALL_PROCESS).slice(0, -100)]) {
    const report = await readMemory([], surroundings(smaps, null))
    assert.deepEqual([report.source, report.rssBytes, rssOf(report.accounts)], ['process', 52_000 * KIB, 52_000 * KIB])
    assert.deepEqual([report.accounts.v8Used, report.kernel], [9_000 * KIB, null])
    assert.match(report.verdict, /without \/proc/)
  }
})

test('memory of TCP is counted in pages', () => {
  assert.deepEqual(tcpMemoryIn(SOCKSTAT, 65_536), { tcpBytesOfMachine: 7 * 65_536 })
  assert.equal(tcpMemoryIn(SOCKSTAT, null), null)
  assert.equal(tcpMemoryIn('UDP: inuse 2 mem 9\n', 4096), null)
})

test('of this process, twice at once', { skip: process.platform !== 'linux' }, async () => {
  const reports = await Promise.all([readMemory(), readMemory()])
  for (const { source, rssBytes, accounts } of reports) {
    assert.deepEqual([source, rssOf(accounts)], ['proc', rssBytes])
    assert.ok(Math.abs(rssBytes - process.memoryUsage().rss) < rssBytes * 0.1)
  }
  const left = readdirSync('/proc/self/fd').filter((fd) => fileOf(fd).endsWith('/smaps'))
  assert.deepEqual(left, [], 'nothing stays open')
})
