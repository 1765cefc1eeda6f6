/**
 * Broken readers must be found: each control breaks ours in one way and expects the target to notice within a second or two.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runTarget } from './campaign.ts'
import { type Heard, type Hearing, weRead } from './readers.ts'
import type { Target } from './target.ts'
import { mutatedTarget, type Reads, validTarget } from './targets/reading.ts'

/** Changes what our reader hears. */
function heardThrough(change: (heard: readonly Heard[]) => readonly Heard[]): Reads {
  return (chunks, limits, deflate): Hearing => {
    const hearing = weRead(chunks, limits, deflate)
    return { ...hearing, heard: change(hearing.heard) }
  }
}

const dropsALater = heardThrough((heard) => heard.filter((_, at) => at !== 3))
const swaps = heardThrough((heard) => [...heard.slice(0, 2).reverse(), ...heard.slice(2)])
const wrongCode = heardThrough((heard) =>
  heard.map(([kind, what]) => [kind, kind === 'close' ? what.replace('1001', '1000') : what]),
)
const forgives = heardThrough((heard) => heard.map((event) => (event[0] === 'violation' ? ['text', ''] : event)))
const badUtf8 = heardThrough((heard) => heard.map((event) => (event[1] === '1007' ? ['text', '\ufffd'] : event)))
const repeats: Reads = (chunks, limits, deflate) => {
  const hearing = weRead(chunks, limits, deflate)
  const last = hearing.heard.at(-1)
  return chunks.length > 3 && last !== undefined ? { ...hearing, heard: [...hearing.heard, last] } : hearing
}

const CONTROLS: readonly (readonly [string, Target])[] = [
  ['drops a message', validTarget(dropsALater)],
  ['swaps two messages', validTarget(swaps)],
  ['reports another close code', validTarget(wrongCode)],
  ['says one thing twice', validTarget(repeats)],
  ['lets violations pass', mutatedTarget(forgives)],
  ['lets bad UTF-8 pass', mutatedTarget(badUtf8)],
  ['hears more when the stream is cut', mutatedTarget(repeats)],
]

for (const [name, target] of CONTROLS) {
  test(`a reader that ${name} is found`, async () => {
    const { finding } = await runTarget(target, 1, 60_000, 0, 5000)
    assert.notEqual(finding, null)
  })
}
