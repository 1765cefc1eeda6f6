/** The drill `endpoints` in its short form: how long it may be stuck is asked in the drill itself. Its control: an answer that stops the process. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { drillEndpoints } from './endpoints.ts'
import { failures } from './verdict.ts'

test('everything under /debug/ answers while 200 connections talk; an answer that stops the process is found', async () => {
  const short = { connections: 200, perSecond: 500, seconds: 1, settleMs: 100 }
  const found = failures(await drillEndpoints({ ...short, stuckMs: 2_000 }))
  assert.match(found.find((line) => line.startsWith('longest pause: /stuck')) ?? '', /: \d{4}.* ms, at most 100 ms$/)
  assert.deepEqual(
    found.filter((line) => !line.startsWith('longest pause')),
    [],
  )
  // Whatever this machine does: none of them stops the process for as long as the one that does so on purpose.
  const pauses = found.flatMap((line) => /^longest pause: (\S+): ([\d.]+) ms/.exec(line)?.slice(1, 3) ?? [])
  for (let at = 0; at < pauses.length; at += 2) {
    assert.ok(pauses[at] === '/stuck' || Number(pauses[at + 1]) < 2_000, `${pauses[at]}: ${pauses[at + 1]} ms`)
  }
})
