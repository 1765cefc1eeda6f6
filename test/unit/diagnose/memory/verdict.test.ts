/** The sentence about a reading: each case with numbers on both sides of it. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type MemoryAccounts, rssOf } from '../../../../src/diagnose/memory/accounts.ts'
import type { MemoryRow } from '../../../../src/diagnose/memory/memory-row.ts'
import { type MemorySeen, memoryVerdict } from '../../../../src/diagnose/memory/verdict.ts'

const MB = 1_000_000
/** A process that has just begun, in MB. */
const PLAIN: MemoryAccounts = {
  ...{ v8Used: 8, v8Free: 3, code: 1, external: 2, nativeHeap: 6, files: 46, stacks: 0, unexplained: 0 },
}

function inBytes(given: Partial<MemoryAccounts>): MemoryAccounts {
  const all = Object.entries({ ...PLAIN, ...given }).map(([name, mb]) => [name, mb * MB])
  return Object.fromEntries(all) as unknown as MemoryAccounts
}

function seen(given: Partial<MemoryAccounts>, more: Partial<MemorySeen> = {}): MemorySeen {
  const accounts = inBytes(given)
  const heap = { limitBytes: 4_345 * MB, spaces: [{ name: 'old_space', usedBytes: accounts.v8Used, sizeBytes: 0 }] }
  return { source: 'proc', rssBytes: rssOf(accounts), accounts, hasHadWorkers: false, heap, ...more }
}

const verdict = (given: Partial<MemoryAccounts>, more: Partial<MemorySeen> = {}): string =>
  memoryVerdict(seen(given, more), [])

/** One row a minute, in MB. */
function rows(account: keyof MemoryAccounts, values: readonly number[], connections = (_: number) => 100): MemoryRow[] {
  return values.map((value, at) => {
    const accounts = inBytes({ [account]: value })
    return { at: at * 60_000, rssBytes: rssOf(accounts), connections: connections(at), ...accounts }
  })
}

const HOUR = Array.from({ length: 60 }, (_, at) => at)
const after = (history: MemoryRow[]): string => memoryVerdict(seen({}), history)

describe('what stands out', () => {
  test('nothing', () => {
    const expected = 'Nothing stands out in 66 MB, of which 46 MB are the program, its libraries and other files.'
    assert.equal(verdict({}), expected)
    // Much, but little beside the rest; most, but little.
    assert.match(verdict({ v8Free: 40, files: 400 }), /^Nothing/)
    assert.match(verdict({ v8Free: 30 }), /^Nothing/)
    const some = 'Nothing stands out in 72 MB, but 6 MB of it could not be explained.'
    assert.equal(verdict({ unexplained: 6 }), some)
    assert.match(verdict({ unexplained: 3 }), /program, its libraries/)
  })

  test('empty pages', () => {
    const sentence = 'RSS is high because V8 keeps 71 MB of empty pages; nothing is leaking.'
    assert.equal(verdict({ v8Free: 71 }), sentence)
    assert.match(
      verdict({ v8Free: 71 }, { hasHadWorkers: true }),
      /71 MB .* empty pages, or the heaps of worker threads/,
    )
  })

  test('objects, Buffers, the native heap, and what nobody knows', () => {
    assert.match(verdict({ v8Used: 1_200 }), /^JavaScript objects stand out: 1,200 MB of 1,258 MB/)
    assert.match(
      verdict({ external: 64 }),
      /^RSS is high because of memory outside the heap .* Buffers: 64 MB of 128 MB/,
    )
    assert.match(verdict({ nativeHeap: 80 }), /^RSS is high because of the native heap: 80 MB of 140 MB/)
    assert.match(verdict({ unexplained: 50 }), /^50 MB of 116 MB could not be explained/)
  })

  test('the greatest, when there are several', () => {
    assert.match(verdict({ v8Free: 100, external: 120 }), /Buffers/)
    assert.match(verdict({ v8Free: 121, external: 120 }), /empty pages/)
  })

  test('without /proc nothing is said of what is only the rest', () => {
    const said = verdict({ unexplained: 500, files: 0 }, { source: 'process' })
    assert.equal(said, 'Nothing stands out in 520 MB, as far as can be told without /proc.')
    assert.match(verdict({ v8Free: 100, files: 0 }, { source: 'process' }), /empty pages/)
  })

  test('a heap that is nearly full comes first', () => {
    const heap = { limitBytes: 2_000 * MB, spaces: [{ name: 'old_space', usedBytes: 1_700 * MB, sizeBytes: 0 }] }
    assert.match(verdict({ external: 9_000 }, { heap }), /^The heap is nearly full: 1,700 MB of 2,000 MB/)
    const less = { ...heap, spaces: [{ name: 'old_space', usedBytes: 1_690 * MB, sizeBytes: 0 }] }
    assert.doesNotMatch(verdict({ external: 9_000 }, { heap: less }), /nearly full/)
  })
})

describe('what grows', () => {
  /** Garbage that comes and goes, beside what lives. */
  const saw = (at: number): number => (at % 5) * 8

  test('objects that something keeps', () => {
    const said = after(
      rows(
        'v8Used',
        HOUR.map((at) => 20 + at * 2 + saw(at)),
      ),
    )
    assert.match(
      said,
      /^JavaScript objects grow: from 20 MB to 110 MB in 59 minutes, with 100 connections then and 100 now/,
    )
  })

  test('the others too, and what lives before what is free', () => {
    const values = HOUR.map((at) => 20 + at)
    assert.match(after(rows('external', values)), /^Buffers .* grow: /)
    assert.match(after(rows('nativeHeap', values)), /^The native heap grows: /)
    assert.match(after(rows('unexplained', values)), /^Memory of unknown owners grows: /)
    assert.match(memoryVerdict(seen({ v8Free: 300 }), rows('external', values)), /grow/)
    assert.match(after(rows('v8Free', values)), /^Nothing/)
  })

  test('not garbage alone, not a start, not a little, not what has come back', () => {
    const still: [string, number[]][] = [
      ['garbage', HOUR.map((at) => 20 + saw(at))],
      ['a start', HOUR.map((at) => Math.min(20 + at * 10, 120))],
      ['a little', HOUR.map((at) => 20 + at * 0.2)],
      ['little beside what there is', HOUR.map((at) => 900 + at)],
      ['a wave', HOUR.map((at) => 20 + Math.min(at, 60 - at) * 4)],
      ['too short', HOUR.slice(0, 11).map((at) => 20 + at * 10)],
      ['nothing yet', []],
    ]
    for (const [what, values] of still) assert.match(after(rows('v8Used', values)), /^Nothing/, what)
  })

  test('not with the connections', () => {
    const values = HOUR.map((at) => 20 + at * 2)
    const more = rows('v8Used', values, (at) => 100 + at)
    assert.match(after(more), /^Nothing/)
    const hardlyMore = rows('v8Used', values, (at) => 1_000 + at)
    assert.match(after(hardlyMore), /with 1,014 connections then and 1,059 now/)
  })
})
