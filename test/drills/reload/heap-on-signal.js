/**
 * Loaded into a supervisor and its workers before anything else (`--import`): at SIGUSR2 a process collects its garbage and says on
 * stdout what is left. Control, when told to: the supervisor keeps something at each reload. Ends with its process.
 */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

const { DRILL_HOARD_BYTES = '0' } = process.env

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc')

process.on('SIGUSR2', () => {
  collect()
  collect()
  const { rss, heapUsed, external } = process.memoryUsage()
  const said = { event: 'heap', pid: process.pid, rssBytes: rss, heapBytes: heapUsed + external }
  process.stdout.write(`${JSON.stringify(said)}\n`)
})

const kept = []
if (DRILL_HOARD_BYTES !== '0') {
  process.on('SIGHUP', () => void kept.push(Buffer.alloc(Number(DRILL_HOARD_BYTES) * 10, 1)))
}
