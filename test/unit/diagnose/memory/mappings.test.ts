/** The text of /proc/self/smaps as mappings: whole, in pieces of any size, and damaged. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Mappings, MappingsParser } from '../../../../src/diagnose/memory/mappings.ts'
import { SMALL_PROCESS, smapsText } from '../../../support/smaps-text.ts'

const KIB = 1024
const TEXT = smapsText(SMALL_PROCESS)
/** As a kernel of 2025 wrote it. */
const RECORDED = `7f8884000000-7f8884021000 rw-p 00000000 00:00 0 
Size:                132 kB
KernelPageSize:        4 kB
MMUPageSize:           4 kB
Rss:                  36 kB
Pss:                  36 kB
Pss_Dirty:            36 kB
Shared_Clean:          0 kB
Shared_Dirty:          0 kB
Private_Clean:         0 kB
Private_Dirty:        36 kB
Referenced:           36 kB
Anonymous:            36 kB
KSM:                   0 kB
LazyFree:              0 kB
AnonHugePages:         0 kB
ShmemPmdMapped:        0 kB
FilePmdMapped:         0 kB
Shared_Hugetlb:        0 kB
Private_Hugetlb:       0 kB
Swap:                  0 kB
SwapPss:               0 kB
Locked:                0 kB
THPeligible:           0
ProtectionKey:         0
VmFlags: rd wr mr mw me dc nr 
`

function parsed(...pieces: string[]): Mappings | null {
  const parser = new MappingsParser()
  for (const piece of pieces) parser.write(piece)
  return parser.end()
}

test('reads what a kernel writes', () => {
  assert.deepEqual(parsed(RECORDED), {
    all: [
      {
        ...{ start: 0x7f8884000000, end: 0x7f8884021000, rights: 'rw-p', name: '', isFile: false },
        ...{ rssBytes: 36 * KIB, isNotForked: true },
      },
    ],
    pageBytes: 4096,
  })
})

test('tells files, what the kernel shows, and memory with a name', () => {
  const all = parsed(TEXT)?.all ?? []
  assert.equal(all.length, SMALL_PROCESS.length)
  assert.equal(
    all.reduce((sum, { rssBytes }) => sum + rssBytes, 0),
    51_000 * KIB,
  )
  const files = all.filter(({ isFile }) => isFile).map(({ name }) => name)
  assert.deepEqual(files, [...Array(4).fill('/usr/bin/node'), '/usr/lib/x86_64-linux-gnu/libc.so.6', '[vdso]'])
  const named = parsed(smapsText(['1000 4 rw-p 4 rd [anon: glibc: malloc]', '3000 4 rw-s 4 rd anon_inode:[io_uring]']))
  assert.deepEqual(
    named?.all.map(({ isFile, name }) => [isFile, name]),
    [
      [false, '[anon: glibc: malloc]'],
      [true, 'anon_inode:[io_uring]'],
    ],
  )
})

test('the pieces may end anywhere', () => {
  const whole = parsed(TEXT)
  for (const size of [1, 7, 100, 4096]) {
    const pieces = Array.from({ length: Math.ceil(TEXT.length / size) }, (_, at) =>
      TEXT.slice(at * size, (at + 1) * size),
    )
    assert.deepEqual(parsed(...pieces), whole, `pieces of ${size}`)
  }
})

test('better no mappings than wrong ones', () => {
  const damaged: [string, string][] = [
    ['empty', ''],
    ['cut off in the middle', TEXT.slice(0, TEXT.length - 300)],
    ['cut off in the last line', TEXT.slice(0, -1)],
    ['one that does not say how much is resident', TEXT.replace(/^Rss:.*\n/m, '')],
    ['a number that is none', RECORDED.replace('36 kB', '3x kB')],
    ['another unit', RECORDED.replace('36 kB', '36 MB')],
    ['no flags, as before Linux 3.8', TEXT.replace(/^VmFlags:.*\n/gm, '')],
    ['flags missing once', TEXT.replace(/^VmFlags:.*\n/m, '')],
    ['no addresses', RECORDED.replace(/^.*\n/, 'something else\n')],
    ['no size of a page', RECORDED.replace(/^KernelPageSize:.*\n/m, '')],
    ['something behind it', `${TEXT}something else\n`],
  ]
  for (const [what, text] of damaged) assert.equal(parsed(text), null, what)
})

test('sixteen times as many mappings do not take a hundred times as long', () => {
  const bestOf = (count: number): number => {
    const text = RECORDED.repeat(count)
    let best = Number.POSITIVE_INFINITY
    for (let round = 0; round < 10; round++) {
      const begun = performance.now()
      assert.equal(parsed(text)?.all.length, count)
      best = Math.min(best, performance.now() - begun)
    }
    return best
  }
  const [few, many] = [bestOf(250), bestOf(4_000)]
  assert.ok(many < few * 100, `${few} ms, ${many} ms`)
})
