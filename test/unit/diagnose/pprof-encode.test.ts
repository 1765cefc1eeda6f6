/** What the encoder makes of a plain profile, read again with the decoder of the library. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { Profile } from 'pprof-format'
import { encodeProfile } from '../../../src/diagnose/pprof/encode.ts'
import type { PlainProfile, ProfileSample } from '../../../src/diagnose/pprof/plain-profile.ts'
import { tasksProfile } from '../../../src/diagnose/pprof/tasks-profile.ts'

const PLAIN: PlainProfile = {
  sampleTypes: [
    { type: 'inuse_objects', unit: 'count' },
    { type: 'inuse_space', unit: 'bytes' },
  ],
  defaultType: 'inuse_space',
  periodType: { type: 'space', unit: 'bytes' },
  period: 524_160,
  wallMs: 1_700_000_000_123,
  durationMs: 2_000,
  comments: ['one', 'two'],
  samples: [],
}
const leaf = { name: 'keep', file: '/app/src/chat.ts', line: 12, startLine: 10 }
const caller = { name: '(anonymous)', file: 'node:events', line: 0 }

async function decoded(profile: PlainProfile): Promise<Profile> {
  return Profile.decode(gunzipSync(await encodeProfile(profile, 'main.js')))
}

/** Stacks, values and labels as text, in the words of the decoded profile. */
function readable(profile: Profile): string[] {
  const { strings } = profile.stringTable
  const text = (index: number | bigint) => strings[Number(index)]
  return profile.sample.map(({ locationId, value, label }) => {
    const stack = locationId.map((id) => {
      const [line] = profile.location.find((location) => location.id === id)?.line ?? []
      const there = profile.function.find((one) => one.id === line?.functionId)
      return `${text(there?.name ?? 0)} ${text(there?.filename ?? 0)}:${line?.line} (${there?.startLine})`
    })
    const numbers = value.map((one) => BigInt.asIntN(64, BigInt(one)))
    return [...stack, numbers.join(' '), ...label.map(({ key, str }) => `${text(key)}=${text(str)}`)].join(' | ')
  })
}

describe('encodeProfile', () => {
  test('says what was measured, and when', async () => {
    const profile = await decoded(PLAIN)
    const { strings } = profile.stringTable
    const text = (index: number | bigint = 0) => strings[Number(index)]
    assert.equal(strings[0], '')
    assert.deepEqual(
      profile.sampleType.map(({ type, unit }) => [text(type), text(unit)]),
      [
        ['inuse_objects', 'count'],
        ['inuse_space', 'bytes'],
      ],
    )
    assert.equal(text(profile.defaultSampleType), 'inuse_space')
    assert.deepEqual([text(profile.periodType?.type), text(profile.periodType?.unit)], ['space', 'bytes'])
    assert.equal(Number(profile.period), 524_160)
    assert.equal(BigInt(profile.timeNanos), 1_700_000_000_123_000_000n)
    assert.equal(Number(profile.durationNanos), 2_000_000_000)
    assert.deepEqual(profile.comment.map(text), ['one', 'two'])
    assert.deepEqual(
      profile.mapping.map(({ filename, hasFunctions }) => [text(filename), hasFunctions]),
      [['main.js', true]],
    )
  })

  test('stacks are leaf first; a place is there once; values may be 0, negative and large; labels are text', async () => {
    const samples: ProfileSample[] = [
      { stack: [leaf, caller], values: [0, 2 ** 40], labels: { kind: 'timer', route: '/chat/:room' } },
      { stack: [leaf, caller], values: [-3, -(2 ** 40)] },
      { stack: [{ ...leaf, line: 13 }], values: [1.4, 0] },
      { stack: [], values: [0, 0] },
    ]
    const profile = await decoded({ ...PLAIN, samples })
    assert.deepEqual(readable(profile), [
      'keep /app/src/chat.ts:12 (10) | (anonymous) node:events:0 (0) | 0 1099511627776 | kind=timer | route=/chat/:room',
      'keep /app/src/chat.ts:12 (10) | (anonymous) node:events:0 (0) | -3 -1099511627776',
      'keep /app/src/chat.ts:13 (10) | 1 0',
      '0 0',
    ])
    // Two lines of one function, and its caller.
    assert.deepEqual([profile.location.length, profile.function.length], [3, 2])
  })

  test('functions with one name in two files are two', async () => {
    const twice = ['/a.js', '/b.js'].map((file) => ({ stack: [{ ...leaf, file }], values: [1, 1] }))
    assert.equal((await decoded({ ...PLAIN, samples: twice })).function.length, 2)
  })
})

describe('tasksProfile', () => {
  const task = {
    ...{ name: 'save <history>', kind: 'task', route: '/chat/:room' },
    ...{ file: '/app/src/chat.ts', line: 12, function: 'onMessage', ageMs: 1_500, count: 3 },
  }

  test('counts and ages, the name above who began it, with kind and route', async () => {
    const timer = { ...task, name: '', kind: 'timer', route: '', file: '', line: 0, function: '', ageMs: 0, count: 1 }
    assert.deepEqual(readable(await decoded(tasksProfile([task, timer], 0))), [
      'save (history) /app/src/chat.ts:12 (12) | onMessage /app/src/chat.ts:12 (12) | 3 1500000000 | kind=task | route=/chat/:room',
      '(anonymous) :0 (0) | 1 0 | kind=timer',
    ])
  })

  test('nothing under way is a profile too', async () => {
    const profile = await decoded(tasksProfile([], 0))
    assert.deepEqual([profile.sample.length, profile.sampleType.length], [0, 2])
  })
})
