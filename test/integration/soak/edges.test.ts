/**
 * What can go wrong around a soak: servers that refuse, end, or hold on to clients that have vanished; input that is wrong. Each is one
 * clear line and exit code 2, or a finding; never a soak that hangs.
 */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { HoldfastError } from '../../../src/base/errors.ts'
import type { Terminal } from '../../../src/cli/command.ts'
import { UsageError } from '../../../src/cli/flags.ts'
import { soakCommand } from '../../../src/cli/soak.ts'
import { holdfast } from '../../support/command-line.ts'
import { nodeTarget, QUICK, soaked } from '../../support/soak-targets.ts'

const folder = mkdtempSync(join(tmpdir(), 'holdfast-soak-'))
after(() => rmSync(folder, { recursive: true, force: true }))

const nowhere: Terminal = {
  out: () => {},
  note: () => {},
  draw: null,
  ask: null,
  screen: null,
  env: {},
  onSignal: () => {},
  onUnread: () => {},
}

/** It could not run, and says why in one line. */
async function refusedWith(args: readonly string[], words: RegExp): Promise<string> {
  const { code, errors } = await holdfast(['soak', ...args])
  assert.equal(code, 2, errors)
  const lines = errors.trim().split('\n')
  assert.match(lines.at(-1) ?? '', words)
  assert.equal(lines.filter((line) => line.startsWith('holdfast soak: ')).length, 1, errors)
  assert.doesNotMatch(errors, /^\s+at /m)
  return errors
}

describe('what goes wrong', { concurrency: 2 }, () => {
  test('a server that is full refuses with 503, which is said', async (t) => {
    const { pid, port } = await nodeTarget(t, 'ws-target.js', ['full'])
    const words = /120 of 120 connections were not let in: 120 times 503 Service Unavailable; .*--rate/
    await refusedWith([`ws://127.0.0.1:${port}/`, ...QUICK, '--pid', String(pid)], words)
  })

  test('a server that ends in the middle is said to have ended', async (t) => {
    const { pid, port } = await nodeTarget(t, 'ws-target.js', ['crash'])
    const words = /process \d+ has ended|after [\d,]+ connections, .* (ECONNREFUSED|ECONNRESET)/
    const errors = await refusedWith([`ws://127.0.0.1:${port}/`, ...QUICK, '--pid', String(pid), '--rss-only'], words)
    // And until then, a line for each round.
    assert.match(errors, /^round 1 of 9 \(warm-up\): 120 connections, RSS [\d.]+ MB$/m)
  })

  test('vanished clients that a heartbeat finds are no leak', async (t) => {
    const { pid, port } = await nodeTarget(t, 'ws-target.js', ['silent', '4096', '300'])
    const flags = [
      '--pid',
      String(pid),
      '--leave',
      'vanish,close',
      '--connections',
      '40',
      '--rounds',
      '20',
      '--settle',
      '300ms',
    ]
    const { code, report } = await soaked(`ws://127.0.0.1:${port}/`, [...flags, '--tolerance', '400'])
    assert.equal(report.vanished, 20 * (report.rounds.length - 1))
    assert.equal(code, 0, JSON.stringify(report.verdict))
  })

  test('control: without a heartbeat they are, and it says how many', async (t) => {
    const { pid, port } = await nodeTarget(t, 'ws-target.js', ['repaired', '4096'])
    const flags = [
      '--pid',
      String(pid),
      '--leave',
      'vanish,close',
      '--connections',
      '20',
      '--rounds',
      '5',
      '--patience',
      '1s',
    ]
    const { code, report } = await soaked(`ws://127.0.0.1:${port}/`, flags)
    assert.equal(code, 1)
    assert.match(report.verdict.sentence, /still holds 80 of 80 connections whose clients vanished, 1 s after/)
  })

  test('input that is wrong is one line each', async () => {
    const good = ['ws://127.0.0.1:1/', '--pid', String(process.pid), '--rss-only']
    writeFileSync(join(folder, 'wrong.txt'), 'hello\nwait long\n')
    writeFileSync(join(folder, 'empty.txt'), '# nothing\n')
    for (const [args, words] of [
      [good, /200 times ECONNREFUSED; .*start the server/],
      [['--pid', '1'], /wanted one URL/],
      [['http://127.0.0.1:1/', '--pid', '1'], /wanted the URL of a WebSocket/],
      [['ws://127.0.0.1:1/'], /nothing to watch/],
      [['ws://127.0.0.1:1/', '--pid', '99999999'], /process 99999999 does not exist/],
      [['ws://127.0.0.1:1/', '--pid', '1.5'], /--pid 1.5/],
      [[...good, '--leave', 'jump'], /--leave jump: wanted some of close, reset, vanish/],
      [[...good, '--rounds', 'many'], /--rounds many: wanted a number/],
      [[...good, '--connections', '100000'], /connections is 100000; wanted a whole number from 1 to 15000/],
      [[...good, '--settle', '5'], /--settle 5: wanted a time/],
      [[...good, '--header', 'nothing'], /--header "nothing": wanted "Name: value"/],
      [[...good, '--metric', 'x'], /--metric goes with --metrics/],
      [[...good, '--messages', join(folder, 'none.txt')], /no such file/],
      [[...good, '--messages', join(folder, 'wrong.txt')], /wrong\.txt:2: "wait long"; wanted a time/],
      [[...good, '--messages', join(folder, 'empty.txt')], /has 0 lines/],
      [[...good, '--html', join(folder, 'no/such/folder.html')], /--html .*no such file/],
      [['ws://127.0.0.1:1/', '--pprof', 'nothing'], /--pprof nothing: it is no URL/],
      [
        ['ws://127.0.0.1:1/', '--metrics', 'http://127.0.0.1:9/metrics'],
        /--metrics .*: .*wanted the URL that Prometheus/,
      ],
    ] as const) {
      await assert.rejects(soakCommand(null).run(args, nowhere), (thrown) => {
        assert.ok(thrown instanceof HoldfastError || thrown instanceof UsageError, String(thrown))
        assert.doesNotMatch(thrown.message, /\n/)
        assert.match(thrown.message, words)
        return true
      })
    }
  })
})
