/** `holdfast doctor`: what it says beside what it has found, so that nobody mends too little, or what is none. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { holdfast } from '../../support/command-line.ts'
import { started } from '../../support/soak-targets.ts'
import { ROOT } from '../../support/supervised.ts'
import { run } from '../diagnose/snapshot/programs.ts'
import { visit } from './visits.ts'

const SERVER = join(ROOT, 'test/integration/doctor/kept.js')
const DEADLINE_MS = 120_000

const doctor = (...args: readonly string[]) => holdfast(['doctor', ...args], {}, DEADLINE_MS)

test('of what only grows it is said that it may not be full yet', async () => {
  const written = await run(join(ROOT, 'test/integration/diagnose/snapshot/grows.js'), 3)
  try {
    const told = await doctor(...written.files)
    assert.equal(told.code, 1, told.errors)
    assert.match(told.errors.trim(), /^nothing of it is known to be over: .* until it is full.*$/)
    const control = await doctor(written.files[2] as string)
    assert.equal(control.code, 0, control.errors)
    assert.equal(control.errors, '', 'control: one snapshot tells of no growth')
  } finally {
    written.remove()
  }
})

test('what is held twice is told of both, so that nobody mends one of them only', async (t) => {
  const line =
    readFileSync(SERVER, 'utf8')
      .split('\n')
      .findIndex((text) => text.includes('setInterval(')) + 1
  const [twice, control] = await Promise.all(
    ['twice', 'broken'].map(async (how) => {
      const { pid, port } = await started(t, process.execPath, ['--inspect-port=0', SERVER, how])
      await visit(`ws://127.0.0.1:${port}/`, 60)
      return doctor(String(pid), '--yes')
    }),
  )
  assert.equal(twice?.code, 1, twice?.errors)
  const other = new RegExp(`^[12]\\. .*setInterval .*kept\\.js:${line}\\).*60 .*WebSocket`, 'm')
  assert.match(twice?.out ?? '', other)
  assert.match(twice?.out ?? '', /^[12]\. Map "clients" /m)
  assert.match(twice?.out ?? '', /keeps 60 WebSocket alive as well \(WebSocket, over\)/)
  assert.doesNotMatch(control?.out ?? '', /as well|setInterval/, 'control: held once')
})
