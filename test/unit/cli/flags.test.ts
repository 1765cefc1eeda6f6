/** Flags of the command line become values, or say what was wanted. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { adminPlace } from '../../../src/cli/admin-flags.ts'
import { type Flags, helpOf, readFlags } from '../../../src/cli/flags.ts'
import { nearest } from '../../../src/cli/nearest.ts'
import { barOf } from '../../../src/cli/progress-bar.ts'

const FLAGS: Flags = {
  age: { value: 'TIME', about: 'how old' },
  count: { value: 'N', about: 'how many' },
  option: { value: 'OPTION', many: true, about: 'what else' },
  json: { about: 'for machines' },
}

test('texts, numbers, times, several of one, on and off, and what stands between them', () => {
  const given = readFlags(
    ['app.js', '--age', '1.5h', '--count=3', '--option', '-x', '--option=--y', '--json'].slice(0, 4),
    FLAGS,
    'age',
  )
  assert.deepEqual(
    [given.words, given.duration('age'), given.number('count'), given.on('json')],
    [['app.js'], 5_400_000, 3, false],
  )
  const more = readFlags(['--option=-x', '--option=--y', '--json'], FLAGS, 'age')
  assert.deepEqual(
    [more.texts('option'), more.on('json'), more.duration('age'), more.text('count')],
    [['-x', '--y'], true, undefined, undefined],
  )
  const times = ['500ms', '30s', '10m', '24h', '7d'].map((text) =>
    readFlags(['--age', text], FLAGS, 'age').duration('age'),
  )
  assert.deepEqual(times, [500, 30_000, 600_000, 86_400_000, 604_800_000])
})

test('what makes no sense says what was wanted', () => {
  assert.throws(() => readFlags(['--age', '30'], FLAGS, 'age').duration('age'), /--age 30: wanted a time such as 500ms/)
  assert.throws(() => readFlags(['--count', 'many'], FLAGS, 'age').number('count'), /--count many: wanted a number/)
})

test('a flag that is mistyped, unknown, or lacks its value says what to do', () => {
  for (const [args, words] of [
    [['--conut', '1'], 'unknown option --conut; did you mean --count?'],
    [['--hlep'], 'unknown option --hlep; did you mean --help?'],
    [['--colour'], 'unknown option --colour; see holdfast age --help'],
    [['-x'], 'unknown option -x; see holdfast age --help'],
    [['--age'], '--age wants a value, such as 30s'],
    [['--age='], '--age wants a value, such as 30s'],
    [['--option'], '--option wants a value: OPTION'],
    [['--option', '-x'], '--option wants a value: OPTION; one that begins with - is written --option=-x'],
    [['--json=yes'], '--json takes no value, and was given "yes"'],
    [['--toString'], 'unknown option --toString; see holdfast age --help'],
  ] as const)
    assert.throws(() => readFlags(args, FLAGS, 'age'), { name: 'UsageError', message: words })
  assert.deepEqual(readFlags(['--', '--conut'], FLAGS, 'age').words, ['--conut'], 'control: behind -- all are words')
})

test('the nearest word has at most two letters wrong, and one right', () => {
  const words = ['every', 'yes', 'keep']
  assert.deepEqual(
    ['evry', 'evrey', 'kep', 'kpee', 'e', 'no', 'year', 'whatever'].map((typed) => nearest(typed, words)),
    ['every', 'every', 'keep', 'keep', null, null, 'yes', null],
  )
})

test('where the admin port is', () => {
  assert.deepEqual(adminPlace(undefined), { host: '127.0.0.1', port: 6060 })
  assert.deepEqual(adminPlace('7000'), { host: '127.0.0.1', port: 7000 })
  assert.deepEqual(adminPlace('localhost'), { host: 'localhost', port: 6060 })
  assert.deepEqual(adminPlace('10.0.0.1:7000'), { host: '10.0.0.1', port: 7000 })
  assert.deepEqual(adminPlace('[::1]:7000'), { host: '::1', port: 7000 })
  for (const text of ['', 'a b', 'http://x', '::1', 'x:99999']) assert.throws(() => adminPlace(text), /wanted/, text)
})

test('help and bar', () => {
  assert.match(helpOf(FLAGS), /^ {2}--age TIME +how old$/m)
  assert.deepEqual([barOf(0), barOf(2)], [`[${'.'.repeat(24)}]`, `[${'#'.repeat(24)}]`])
})
