/** From mappings and V8's figures to accounts: each kind of mapping, and that every byte is in one account. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { accountsOf, coarseAccountsOf, rssOf } from '../../../../src/diagnose/memory/accounts.ts'
import { kindOf, kindTotals } from '../../../../src/diagnose/memory/mapping-kinds.ts'
import { type Mapping, MappingsParser } from '../../../../src/diagnose/memory/mappings.ts'
import type { V8Figures } from '../../../../src/diagnose/memory/v8-figures.ts'
import { SMALL_PROCESS, smapsText } from '../../../support/smaps-text.ts'

const KIB = 1024

function mappingsOf(...lines: string[]): readonly Mapping[] {
  const parser = new MappingsParser()
  parser.write(smapsText(lines))
  return parser.end()?.all ?? []
}

function kindsOf(...lines: string[]): string[] {
  const all = mappingsOf(...lines)
  return all.map((mapping, at) => kindOf(mapping, all[at - 1], all[at + 1]))
}

/** The text of Node's modules, which `external` has and malloc has not. */
const OWN = 2_000_000

/** Sizes in KiB; `external` without those texts. */
function figures(given: Partial<Record<'used' | 'code' | 'cpp' | 'external' | 'rss' | 'total', number>>): V8Figures {
  const { used = 0, code = 0, cpp = 0, external = 0, rss = 0, total = 0 } = given
  return {
    rssBytes: rss * KIB,
    heapTotalBytes: total * KIB,
    heapLimitBytes: 4e9,
    spaces: [
      { name: 'new_space', usedBytes: (used * KIB) / 2, sizeBytes: 0 },
      { name: 'trusted_space', usedBytes: (used * KIB) / 2, sizeBytes: 0 },
      { name: 'code_space', usedBytes: (code * KIB) / 2, sizeBytes: code * KIB },
    ],
    cppUsedBytes: cpp * KIB,
    externalBytes: external * KIB + OWN,
    arrayBuffersBytes: 0,
  }
}

const small = kindTotals(mappingsOf(...SMALL_PROCESS))

function accountsIn(given: Parameters<typeof figures>[0], totals = small): Record<string, number> {
  const accounts = accountsOf(totals, figures(given))
  assert.equal(rssOf(accounts), 51_000 * KIB, 'they add up')
  for (const [name, bytes] of Object.entries(accounts)) assert.ok(bytes >= 0, `${name} is not below 0`)
  return Object.fromEntries(Object.entries(accounts).map(([name, bytes]) => [name, bytes / KIB]))
}

describe('whose a mapping is', () => {
  test('each kind in a small process', () => {
    const kinds = kindsOf(...SMALL_PROCESS)
    assert.deepEqual(kinds, [
      ...['file', 'file', 'file', 'file', 'malloc', 'tables', 'objects', 'objects', 'objects', 'malloc', 'large'],
      ...['code', 'file', 'tables', 'tables', 'large', 'stack', 'large', 'large', 'file', 'stack', 'file'],
    ])
  })

  test('memory of WebAssembly has gigabytes kept free behind it', () => {
    const wasm = '7f0c9c000000 51200 rw-p 51200 rd,wr,dc,nr'
    assert.deepEqual(kindsOf(wasm, '7f0c9f200000 8337408 ---p 0 mr,dc,nr'), ['wasm', 'tables'])
    // Not directly behind it; too little.
    assert.equal(kindsOf(wasm, '7f0ca0000000 8337408 ---p 0 mr,dc,nr')[0], 'objects')
    assert.equal(kindsOf(wasm, '7f0c9f200000 4096 ---p 0 mr,dc,nr')[0], 'objects')
  })

  test('a stack lies directly behind its guard, and is not as large as an old kernel may join it', () => {
    const guard = '7f0000000000 4 ---p 0 mr'
    assert.equal(kindsOf(guard, '7f0000001000 8192 rw-p 12 rd,wr')[1], 'stack')
    assert.equal(kindsOf(guard, '7f0000001000 8348 rw-p 160 rd,wr')[1], 'stack')
    assert.equal(kindsOf(guard, '7f0000001000 73728 rw-p 65000 rd,wr')[1], 'large')
    assert.equal(kindsOf(guard, '7f0000002000 8192 rw-p 12 rd,wr')[1], 'large')
    assert.equal(kindsOf('7f0000000000 65404 ---p 0 mr', '7f0003fdf000 8192 rw-p 12 rd')[1], 'large')
  })

  test('an arena behind one that is nearly full is no stack', () => {
    const full = ['7f0000000000 65532 rw-p 65532 rd,wr,nr', '7f0003fff000 4 ---p 0 mr,nr']
    assert.deepEqual(kindsOf(...full, '7f0004000000 132 rw-p 8 rd,wr,nr'), ['malloc', 'large', 'malloc'])
  })

  test('variables of a library lie behind what it can write', () => {
    const behind = '7f0000003000 52 rw-p 20 rd,wr'
    assert.equal(kindsOf('7f0000001000 8 rw-p 8 rd,wr /lib/libc.so.6', behind)[1], 'file')
    assert.equal(kindsOf('7f0000001000 8 r-xp 8 rd,ex /lib/libc.so.6', behind)[1], 'large')
  })

  test('with another malloc, large pieces are its own too', () => {
    const heap = '7f0000001000 10240 rw-p 9000 rd,wr'
    for (const [library, malloc] of [
      ['/usr/lib/libjemalloc.so.2', 9000],
      ['/lib/ld-musl-x86_64.so.1', 9000],
      ['/usr/lib/libc.so.6', 0],
    ] as const) {
      const totals = kindTotals(mappingsOf(`7e0000000000 8 r--p 8 rd ${library}`, heap))
      assert.equal(totals.malloc.rssBytes, malloc * KIB, library)
    }
  })

  test('a stack as worker threads have is seen', () => {
    assert.equal(small.hasWorkerStack, false)
    const worker = mappingsOf('7f0000000000 4 ---p 0 mr', '7f0000001000 4096 rw-p 12 rd,wr')
    assert.equal(kindTotals(worker).hasWorkerStack, true)
  })
})

describe('accounts', () => {
  test('of a small process', () => {
    assert.deepEqual(accountsIn({ used: 10_000, code: 700, external: 500 }), {
      v8Used: 10_000 + 120 + 128,
      v8Free: 12_548 - 10_000,
      code: 800,
      // Less than what lies in large pieces, so all of it is there.
      external: 500,
      nativeHeap: 2200 + 4000,
      files: 3352 + 18100 + 156 + 116 + 1856 + 6520 + 4,
      stacks: 12 + 60,
      unexplained: 1028 - 500,
    })
  })

  test('large buffers that were never touched are not resident, small ones lie with the rest of malloc', () => {
    // 66,624 KiB of large pieces, of which 1,028 are resident.
    const { external, nativeHeap, unexplained } = accountsIn({ external: 66_624 + 3_000 })
    assert.deepEqual([external, nativeHeap, unexplained], [1028 + 3000, 6200 - 3000, 0])
  })

  test('the texts of the modules of Node lie in the program', () => {
    for (const externalBytes of [0, OWN / 2, OWN]) {
      const { external, unexplained } = accountsOf(small, { ...figures({}), externalBytes })
      assert.deepEqual([external, unexplained], [0, 1028 * KIB])
    }
    const buffers = { ...figures({}), externalBytes: OWN / 2, arrayBuffersBytes: 100 * KIB }
    assert.equal(accountsOf(small, buffers).external, 100 * KIB, 'and Buffers never do')
  })

  test('no figure counts more than lies there', () => {
    const accounts = accountsIn({ used: 1e9, cpp: 1e9, external: 1e9 })
    const { v8Free, nativeHeap, unexplained, external } = accounts
    assert.deepEqual([v8Free, nativeHeap, unexplained, external], [0, 0, 0, 1028 + 6200])
  })

  test('objects of C++ that V8 collects are in use', () => {
    assert.equal(accountsIn({ used: 1000, cpp: 500 }).v8Used, 1500 + 248)
  })

  test('memory of WebAssembly is external, whether Node counts it or not', () => {
    const lines = ['7f0c9c000000 51200 rw-p 40000 rd,wr,dc,nr', '7f0c9f200000 8337408 ---p 0 mr,dc,nr']
    const totals = kindTotals(mappingsOf(...lines, '7f30f3a2e000  1088  rw-p  1028 rd,wr'))
    for (const external of [51_200 + 300, 300]) {
      const accounts = accountsOf(totals, figures({ external }))
      assert.deepEqual([accounts.external, accounts.unexplained], [40_300 * KIB, 728 * KIB])
    }
  })

  test('without /proc: what Node says of V8, and the rest unexplained', () => {
    const given = figures({ rss: 60_000, total: 12_000, used: 8_000, code: 600 })
    const accounts = coarseAccountsOf({ ...given, externalBytes: 2_000 * KIB })
    assert.equal(rssOf(accounts), 60_000 * KIB)
    const { v8Used, v8Free, code, external, unexplained } = accounts
    const inKib = [v8Used, v8Free, code, external, unexplained].map((bytes) => bytes / KIB)
    assert.deepEqual(inKib, [8_000, 3_400, 600, 2_000, 46_000])
  })

  test('without /proc: what is more than RSS is cut, so that they still add up', () => {
    const accounts = coarseAccountsOf(figures({ rss: 10_000, total: 12_000, used: 8_000, code: 600, external: 90_000 }))
    assert.equal(rssOf(accounts), 10_000 * KIB)
    assert.deepEqual([accounts.external, accounts.unexplained], [0, 0])
  })
})
