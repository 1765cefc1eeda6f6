// Runs one example of a document in a process of its own: `node run-block.js FILE EXPECTATIONS`.
// Every port becomes a free one on the loopback. Ends with 0 when the block has run and all its expectations have been
// met, with 1 and the reason otherwise. Whoever started it has the deadline.
import assert from 'node:assert/strict'
import { Server } from 'node:net'
import { pathToFileURL } from 'node:url'

const [file, expected] = process.argv.slice(2)
let met = 0

const { listen } = Server.prototype
Server.prototype.listen = function listenOnAnyPort(...args) {
  const callback = args.find((arg) => typeof arg === 'function')
  return listen.call(this, { port: 0, host: '127.0.0.1' }, callback)
}
globalThis.expectValue = (actual, wanted, line) => {
  try {
    assert.deepEqual(actual, wanted)
  } catch (error) {
    fail(`line ${line} of the block: ${error.message}`)
  }
  met++
  finishWhenMet()
}
process.on('uncaughtException', (error) => fail(error.stack))
process.on('unhandledRejection', (error) => fail(error?.stack ?? String(error)))
// Unanswered promises must not let a block pass by an early exit.
process.on('exit', (code) => {
  if (code === 0 && !finished) {
    console.error('the process ended before the block had run')
    process.exitCode = 1
  }
})

let finished = false
let ran = false
await import(pathToFileURL(file).href)
ran = true
setImmediate(finishWhenMet)

function finishWhenMet() {
  if (!ran || met < Number(expected)) return
  finished = true
  process.exit(0)
}

function fail(reason) {
  console.error(reason)
  process.exit(1)
}
