/** An owner that throws when it is due: its error surfaces, and nobody else's deadline is lost. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'node:test'
import { within } from '../../support/deadline.ts'

/** A process of its own, because what surfaces is an uncaught exception. */
const PROGRAM = `
  import { systemClock } from './dist/base/clock.js'
  import { Wheel } from './dist/base/wheel.js'
  const seen = []
  process.on('uncaughtException', (error) => seen.push('uncaught ' + error.message))
  const wheel = new Wheel(systemClock, () => {})
  wheel.after(40, () => { seen.push('first'); throw new Error('mine') })
  wheel.after(40, () => seen.push('second'))
  wheel.after(40, () => { seen.push('third'); throw new Error('mine too') })
  wheel.after(40, () => seen.push('fourth'))
  wheel.after(45, () => seen.push('next tick'))
  wheel.after(100, () => { wheel.after(20, () => seen.push('armed later')); throw new Error('late') })
  const hold = setInterval(() => {}, 1000)
  const latest = Date.now() + 5000
  while (!seen.includes('armed later') && Date.now() < latest) await new Promise((resolve) => setTimeout(resolve, 5))
  clearInterval(hold)
  console.log(JSON.stringify({ seen, armed: wheel.size }))
`

test('an owner that throws surfaces as an uncaught exception, and every other deadline fires', async (t) => {
  const child = spawn(process.execPath, ['--input-type=module', '--eval', PROGRAM], {
    cwd: new URL('../../..', import.meta.url),
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  t.after(() => child.kill('SIGKILL'))
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text))
  await within('the program', once(child, 'close'))
  const { seen, armed } = JSON.parse(output) as { seen: string[]; armed: number }
  assert.deepEqual(
    seen.filter((line) => !line.startsWith('uncaught')),
    ['first', 'second', 'third', 'fourth', 'next tick', 'armed later'],
  )
  assert.deepEqual(
    seen.filter((line) => line.startsWith('uncaught')),
    ['uncaught mine', 'uncaught mine too', 'uncaught late'],
  )
  assert.equal(armed, 0)
})
