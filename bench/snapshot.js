// How long does it take to name a holder, and how much memory? `node bench/snapshot.js`: on one snapshot of about 300 MB of a
// real process, our reader against memlab's heap parser, in turn, each in a process of its own. `--huge`: whether a snapshot of
// 1.5 GB can be read within 4 GB. `--sessions 440000`, `--runs 3`. Linux; needs dist/ (npm run build) and disk space in the
// folder for temporary files; removes what it has written. Exit code 1 when a bar is missed.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { memlabReady, requireHoldfast } from './install.js'
import { BENCH } from './machine.js'
import { writeLargeSnapshot } from './snapshot-writer.js'

const DEADLINE_MS = 900_000
const TIME_BAR = 1 / 4
const MEMORY_BAR = 1 / 2
const HUGE_BYTES = 1.5e9
const HUGE_MEMORY_BAR = 4 * 1024 ** 3
const { values } = parseArgs({
  options: {
    huge: { type: 'boolean', default: false },
    sessions: { type: 'string', default: '440000' },
    runs: { type: 'string', default: '3' },
  },
})

const folder = mkdtempSync(join(tmpdir(), 'bench-snapshot-'))
try {
  requireHoldfast()
  process.exitCode = (values.huge ? huge() : beside()) ? 0 : 1
} catch (error) {
  console.error(`bench: ${error.message}`)
  process.exitCode = 2
} finally {
  rmSync(folder, { recursive: true, force: true })
}

function beside() {
  memlabReady()
  const file = join(folder, 'program.heapsnapshot')
  run(['--max-old-space-size=4096', join(BENCH, 'snapshot-program.js'), file, values.sessions])
  console.log(`Node ${process.version}, a snapshot of ${megabytes(statSync(file).size)}`)
  const rows = { ours: [], memlab: [] }
  for (let turn = 0; turn < Number(values.runs); turn++)
    for (const side of Object.keys(rows)) rows[side].push(measure(side, file))
  const table = Object.entries(rows).map(([side, all]) => ({ side, ...median(all) }))
  console.table(
    table.map(({ side, ms, cpuMs, peakBytes, holder }) => ({
      ...{
        side,
        seconds: (ms / 1000).toFixed(1),
        'cpu seconds': (cpuMs / 1000).toFixed(1),
        peak: megabytes(peakBytes),
      },
      holder,
    })),
  )
  const [ours, memlab] = table
  const time = ours.ms / memlab.ms
  const memory = ours.peakBytes / memlab.peakBytes
  const agree = ours.holder.split(',').slice(0, 2).join() === memlab.holder.split(',').slice(0, 2).join()
  console.log(`time ${time.toFixed(2)} of memlab's (bar ${TIME_BAR}), memory ${memory.toFixed(2)} (bar ${MEMORY_BAR})`)
  console.log(agree ? 'both name the same holder' : 'they do not name the same holder')
  return time <= TIME_BAR && memory <= MEMORY_BAR && agree
}

function huge() {
  const file = join(folder, 'huge.heapsnapshot')
  const leaked = writeLargeSnapshot(file, HUGE_BYTES)
  const { ms, peakBytes, holder } = measure('ours', file)
  console.log(`Node ${process.version}, a written snapshot of ${megabytes(statSync(file).size)}, ${leaked} leaked`)
  console.log(`${(ms / 1000).toFixed(1)} s, peak ${megabytes(peakBytes)} (bar 4 GiB): ${holder}`)
  return peakBytes <= HUGE_MEMORY_BAR && holder.startsWith(`Map clients, ${leaked} objects`)
}

function measure(side, file) {
  const heap = side === 'memlab' ? ['--max-old-space-size=16384'] : []
  return JSON.parse(
    run([...heap, join(BENCH, 'snapshot-side.js'), side, file, 'Leaked'])
      .trim()
      .split('\n')
      .at(-1),
  )
}

function run(args) {
  const done = spawnSync(process.execPath, args, {
    encoding: 'utf8',
    timeout: DEADLINE_MS,
    maxBuffer: 64 * 1024 * 1024,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  if (done.status === 0) return done.stdout
  throw new Error(
    `${args.at(-3)} ended by ${done.signal ?? done.status}: ${done.error?.message ?? done.stderr.slice(-500)}`,
  )
}

/** By time; of the run that has it. */
function median(all) {
  return all.toSorted((a, b) => a.ms - b.ms)[all.length >> 1]
}

function megabytes(bytes) {
  return `${(bytes / 1e6).toFixed(0)} MB`
}
