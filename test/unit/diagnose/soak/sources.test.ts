/** What the soak reads: metrics as text, the figures and the profile of Go, scripts of messages. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { Profile } from 'pprof-format'
import { encodeProfile } from '../../../../src/diagnose/pprof/encode.ts'
import { parseMetrics } from '../../../../src/diagnose/soak/metrics-source.ts'
import { bytesByPlace, goFigures } from '../../../../src/diagnose/soak/pprof-source.ts'
import { readScript } from '../../../../src/diagnose/soak/script.ts'

test('metrics are read by name, whatever their labels hold', () => {
  const text = [
    '# HELP a_bytes of {something}',
    'a_bytes 1.5e+07 1700000000',
    'b_bytes{space="old",note="} and \\" too"} 3',
    'b_bytes{space="new"} 4',
    'broken{ 5',
    'none NaN',
    'inf +Inf',
  ].join('\n')
  assert.deepEqual(
    [...parseMetrics(text)],
    [
      ['a_bytes', 15_000_000],
      ['b_bytes', 7],
    ],
  )
})

test('the figures of Go are heap and stacks; a text without them has none', () => {
  const text = '# runtime.MemStats\n# Alloc = 1\n# HeapAlloc = 700\n# HeapSys = 9\n# Stack = 300 / 400\n'
  assert.equal(goFigures(text), 1_000)
  assert.equal(goFigures('# HeapSys = 9\n'), null)
})

test('bytes of a profile go to the first function that is the program’s own', async () => {
  const frame = (name: string, line: number) => ({ name, file: '/src/app/main.go', line })
  const bytes = await encodeProfile(
    {
      sampleTypes: [
        { type: 'inuse_objects', unit: 'count' },
        { type: 'inuse_space', unit: 'bytes' },
      ],
      defaultType: 'inuse_space',
      periodType: { type: 'space', unit: 'bytes' },
      ...{ period: 524_288, wallMs: 0, durationMs: 0, comments: [] },
      samples: [
        { stack: [frame('runtime.mallocgc', 1), frame('main.keep', 12), frame('main.main', 3)], values: [1, 4_096] },
        { stack: [frame('main.keep', 12)], values: [1, 4] },
        { stack: [frame('runtime.main', 2)], values: [1, 10] },
      ],
    },
    'app',
  )
  assert.deepEqual(
    [...bytesByPlace(Profile.decode(gunzipSync(bytes)))],
    [
      ['main.keep (main.go:12)', 4_100],
      ['runtime.main (main.go:2)', 10],
    ],
  )
})

test('a script has messages and steps', () => {
  const text = '# comment\n\nhello\nexpect\nexpect {"ok"\nwait 20ms\nwait 2s\nsend wait for it\nsend\nexpected\n'
  assert.deepEqual(readScript(text, 'file'), [
    { do: 'send', text: 'hello' },
    { do: 'expect', text: '' },
    { do: 'expect', text: '{"ok"' },
    { do: 'wait', ms: 20 },
    { do: 'wait', ms: 2_000 },
    { do: 'send', text: 'wait for it' },
    { do: 'send', text: '' },
    { do: 'send', text: 'expected' },
  ])
  assert.throws(() => readScript('hello\nwait for it', 'file'), /file:2: "wait for it"; wanted a time/)
})
