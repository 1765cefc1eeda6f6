// Runs one program of the corpus: warm-up, then three snapshots with as many rounds in between. Plain JavaScript without any
// loader, so that the snapshots show the program and little else. Started and ended by run-program.ts.
//
//   node --expose-gc child.js PROGRAM FOLDER WARMUP ROUNDS
//
// Writes FOLDER/{1,2,3}.heapsnapshot, says in a line of JSON how long each took and what was used before it, and exits. Without a
// FOLDER (-) it takes no snapshots, and says only what was used.
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { writeHeapSnapshot } from 'node:v8'

const COLLECTIONS = 4
const QUIET_MS = 25

const [program, folder, warmup, rounds] = process.argv.slice(2)
const { round, start, stop } = await import(pathToFileURL(program).href)
const used = []
const pauses = []

await start?.()
await repeat(Number(warmup))
for (let number = 1; number <= 3; number++) {
  await settle()
  used.push(process.memoryUsage().heapUsed)
  if (folder !== '-') takeSnapshot(join(folder, `${number}.heapsnapshot`))
  if (number < 3) await repeat(Number(rounds))
}
console.log(JSON.stringify({ used, pauses }))
await stop?.()
process.exit(0)

async function repeat(times) {
  for (let time = 0; time < times; time++) await round()
}

/** What is over is collected, finalizers have run, and what they let go of is collected too. */
async function settle() {
  for (let time = 0; time < COLLECTIONS; time++) {
    await new Promise((resolve) => setTimeout(resolve, QUIET_MS))
    globalThis.gc()
  }
}

/** V8 goes on noting every allocation after it, which is slow; told to stop, it would give all objects new numbers. */
function takeSnapshot(path) {
  const began = performance.now()
  writeHeapSnapshot(path)
  pauses.push(Math.round(performance.now() - began))
}
